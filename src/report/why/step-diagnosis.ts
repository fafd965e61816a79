import path from "node:path";
import { lastStreamOf } from "../../files/last-stream.ts";
import { type LogEnd, ReadableFiles } from "../../files/readable-files.ts";
import { meaningOf } from "../../model/exit-meaning.ts";
import type { Stream } from "../../model/ids.ts";
import { shellWord } from "../../model/shell-word.ts";
import { PLANNED_TAG } from "../../model/tags.ts";
import type { Store } from "../../store/store.ts";
import type { DiagnosisOptions } from "./diagnosis-options.ts";
import { errorLine } from "./error-line.ts";
import { type FailedAt, inlineScript, tracedPlace } from "./failed-at.ts";
import type { FailedStep, Why } from "./failed-steps.ts";
import { lastLine } from "./last-line.ts";
import { type LoggedFailure, loggedFailures, printedPlace } from "./printed-place.ts";
import { type ReadableLogs, readableLogs } from "./readable-logs.ts";
import { relevantPart } from "./relevant-part.ts";
import { type Since, sinceOf } from "./since.ts";

/** What `why` says about one step. Whatever is not known is null, or empty. */
export interface StepDiagnosis {
  readonly step: {
    readonly step_num: number;
    readonly step_name: string;
    readonly status: string;
    readonly exit_code: number | null;
    /** Null if the code tells no more than that it failed. */
    readonly meaning: string | null;
    readonly duration_ms: number | null;
    readonly attempts: number;
  };
  readonly failed_at: FailedAt | null;
  readonly first_error: FirstError | null;
  /** Of a step that was interrupted: how far it came. Else null. */
  readonly last_line: LastLine | null;
  readonly stderr: Tail;
  readonly stdout: Tail;
  readonly since: Since | null;
  /** For a POSIX shell. */
  readonly reproduce: string | null;
  /** How the next run can tell the line that failed; null if this one does, or nothing would. */
  readonly advice: string | null;
}

export interface FirstError {
  readonly stream: Stream;
  /** From 1; null if the log is so long that only its end was read. */
  readonly line: number | null;
  readonly text: string;
}

export interface LastLine {
  readonly stream: Stream;
  readonly text: string;
}

/** The end of a log. */
export interface Tail {
  readonly path: string | null;
  readonly lines: readonly string[];
  /** There is more of it. */
  readonly more: boolean;
  /** Why it cannot be shown: the end of a sentence that begins with the path. */
  readonly problem: string | null;
}

const TAIL_LINES = 15;
/** Of a longer line no more is looked at. */
const LOOKED_AT = 2000;

/** Where and of what one step failed, without the comparison and the tails that a full diagnosis has. */
export type Cause = Pick<StepDiagnosis, "failed_at" | "first_error">;

/** Throws nothing of its own: what cannot be read is a `problem`. */
export function diagnoseStep(
  store: Store,
  { run, tags }: Pick<Why, "run" | "tags">,
  failed: FailedStep,
  options: DiagnosisOptions,
): StepDiagnosis {
  const { step, status, reason } = failed;
  const files = new ReadableFiles(store, run, options);
  const logs = readableLogs(files, failed.files, options.redactor);
  const cause = causeOf(files, failed, run.root_dir, logs);
  return {
    step: {
      step_num: step.step_num,
      step_name: step.step_name,
      status,
      exit_code: step.exit_code,
      meaning: meaningOf({ code: step.exit_code, reason, running: status === "running", tags: failed.tags }),
      duration_ms: step.duration_ms,
      attempts: failed.attempts,
    },
    ...cause,
    last_line: status === "interrupted" ? lastLine(logs, lastStream(store, failed)) : null,
    stderr: tailOf(logs.stderr),
    stdout: tailOf(logs.stdout),
    since: sinceOf(store, failed, logs, run.root_dir, options),
    reproduce: reproduceOf(failed, run.root_dir),
    advice: adviceOf(files, failed, cause, tags),
  };
}

/** A step that passed has neither. */
export function causeOf(files: ReadableFiles, failed: FailedStep, rootDir: string, logs: ReadableLogs): Cause {
  if (failed.status === "passed" || failed.status === "skipped") return { failed_at: null, first_error: null };
  const failures = loggedFailures(logs);
  return {
    failed_at: tracedPlace(files, failed, rootDir) ?? printedPlace(files, failed, rootDir, logs, failures),
    first_error: firstErrorOf(logs, failures),
  };
}

/** Of a run that was interrupted after this step had ended. */
export function lastLineOf(
  store: Store,
  run: Why["run"],
  step: FailedStep,
  options: DiagnosisOptions,
): LastLine | null {
  const logs = readableLogs(new ReadableFiles(store, run, options), step.files, options.redactor);
  return lastLine(logs, lastStream(store, step));
}

function lastStream(store: Store, { step, attempts }: FailedStep): Stream | null {
  return lastStreamOf(store, step.step_id, attempts);
}

function tailOf({ path: stored, lines, whole, problem }: LogEnd): Tail {
  return { path: stored, lines: lines.slice(-TAIL_LINES), more: !whole || lines.length > TAIL_LINES, problem };
}

/**
 * What a test runner or a stack trace says ended the step. Else the line that says most on stderr, or on stdout if that says
 * more; else whatever failure the output describes.
 */
function firstErrorOf({ stderr, stdout }: ReadableLogs, failures: readonly LoggedFailure[]): FirstError | null {
  const [printed] = failures;
  if (printed && (printed.kind === "test" || printed.kind === "stack")) return errorOf(printed);
  const [onStderr, onStdout] = [stderr, stdout].map(({ lines }) =>
    errorLine(lines.map((line) => relevantPart(line, LOOKED_AT))),
  );
  if (onStderr && onStderr.weight >= (onStdout?.weight ?? 0)) {
    return { stream: "stderr", line: stderr.whole ? onStderr.index + 1 : null, text: onStderr.text };
  }
  if (onStdout) return { stream: "stdout", line: stdout.whole ? onStdout.index + 1 : null, text: onStdout.text };
  return printed ? errorOf(printed) : null;
}

/** The line as printed, unless the message says more. */
function errorOf({ stream, log, index, message }: LoggedFailure): FirstError {
  const line = log.lines[index] ?? "";
  const text = message === null || line.includes(message) ? line : message;
  return { stream, line: log.whole ? index + 1 : null, text };
}

/** Null if the database does not tell. A harness runs its steps in the root, unless the step says otherwise. */
export function reproduceOf(
  { argv, tags, knowsWorkDir }: Pick<FailedStep, "argv" | "tags" | "knowsWorkDir">,
  rootDir: string,
): string | null {
  if (argv === null) return null;
  const command = argv.map(shellWord).join(" ");
  const dir = tags.get("cmd.work_dir") ?? (knowsWorkDir ? path.resolve(rootDir) : null);
  return dir === null ? command : `cd ${shellWord(dir)} && ${command}`;
}

/** Only for a script of bash that nobody traced: `record` traces by itself, unless it is told not to. */
function adviceOf(
  files: ReadableFiles,
  failed: FailedStep,
  { failed_at: place }: Cause,
  runTags: ReadonlyMap<string, string>,
): string | null {
  const isTraced = failed.tags.has("trace.off") || runTags.has(PLANNED_TAG);
  if (failed.status !== "failed" || place !== null || isTraced || process.platform !== "linux") return null;
  if (inlineScript(failed)?.length === 1 || !isBash(files, failed)) return null;
  return "with SCENARIOLOG_TRACE=auto (or exec --trace auto) the next run keeps the line of the script that failed";
}

function isBash(files: ReadableFiles, { argv }: FailedStep): boolean {
  const [program] = argv ?? [];
  if (program === undefined) return false;
  if (path.basename(program) === "bash") return true;
  const script = program.includes("/") ? files.source(program) : null;
  return script !== null && typeof script !== "string" && /^#!.*\bbash\b/.test(script.lines[0] ?? "");
}
