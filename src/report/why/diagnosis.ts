import path from "node:path";
import { Evidence, isNewer, type LogEnd, type Source } from "../../files/evidence.ts";
import type { Allowance } from "../../files/gate.ts";
import { lastStreamOf } from "../../files/last-stream.ts";
import { takeMasks } from "../../files/masked-values.ts";
import { withoutColours } from "../../model/colours.ts";
import { meaningOf } from "../../model/exit-meaning.ts";
import { type Stream, shortRunId } from "../../model/ids.ts";
import { KeyState, type Redactor } from "../../model/redact/redactor.ts";
import { shellWord } from "../../model/shell-word.ts";
import type { Store } from "../../store/store.ts";
import { errorLine } from "./error-line.ts";
import { type FailedStep, type Why, why } from "./failed-steps.ts";
import { lastLine } from "./last-line.ts";
import { filesOfMaskingSteps } from "./masking-steps.ts";
import { newLines } from "./new-lines.ts";
import { placesNear, shellPlaces } from "./source-place.ts";

/** What `why` shows, by the names that its JSON has. Whatever is not known is null, or empty. */
export interface Diagnosis {
  readonly run: {
    readonly run_id: string;
    readonly short_id: string;
    readonly suite: string | null;
    readonly started_at: string;
    readonly status: string;
    readonly exit_code: number | null;
  };
  /** One sentence; all there is when no step failed. */
  readonly summary: string;
  /** The first step that did not pass. */
  readonly step: {
    readonly step_num: number;
    readonly step_name: string;
    readonly status: string;
    readonly exit_code: number | null;
    /** Null if the code tells no more than that it failed. */
    readonly meaning: string | null;
    readonly duration_ms: number | null;
    readonly attempts: number;
  } | null;
  readonly failed_at: FailedAt | null;
  readonly first_error: {
    readonly stream: "stdout" | "stderr";
    /** From 1; null where the log is so long that only its end was read. */
    readonly line: number | null;
    readonly text: string;
  } | null;
  /** Of the step that was interrupted, or the last one that had ended by then: how far the run came. Else null. */
  readonly last_line: { readonly stream: "stdout" | "stderr"; readonly text: string } | null;
  readonly stderr: Tail | null;
  readonly stdout: Tail | null;
  readonly since: Since | null;
  readonly also_failed: readonly {
    readonly step_num: number;
    readonly step_name: string;
    readonly status: string;
    readonly exit_code: number | null;
  }[];
  readonly skipped: readonly {
    readonly step_num: number;
    readonly step_name: string;
    readonly reason: string | null;
  }[];
  readonly not_run: readonly { readonly step_num: number; readonly step_name: string }[];
  readonly notes: readonly { readonly step_num: number | null; readonly text: string }[];
  readonly artifacts: readonly { readonly kind: string; readonly path: string }[];
  /** For a POSIX shell. */
  readonly reproduce: string | null;
  /** Something was left out because of --max-bytes. */
  readonly cut: boolean;
}

export interface FailedAt {
  readonly file: string | null;
  readonly line: number | null;
  readonly function: string | null;
  readonly command: string | null;
  /** Who says so: the trace of the step, or what it printed. */
  readonly from: "trace" | "output";
  readonly source: readonly { readonly num: number; readonly text: string }[];
  /** The file was written after the step had ended. */
  readonly changed_since: boolean;
  /** Why its lines may not be shown, though it is there: the end of a sentence that begins with the file. Absent where they may. */
  readonly problem?: string;
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

/** What is new since the step last passed. */
export interface Since {
  readonly run_id: string;
  readonly short_id: string;
  readonly started_at: string;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
  /** Lines that were not printed then; null where the logs of then cannot be read. */
  readonly new_lines: readonly string[] | null;
  /** How many there are in all; null as well. */
  readonly new_line_count: number | null;
  /** How many different lines of then it did not print; null as well. */
  readonly missing_line_count: number | null;
}

const TAIL_LINES = 15;
const NEW_LINES = 10;
/** From the end of each log. */
const READ_BYTES = 128 << 10;
/** The same where a step has masked something, anywhere in it. */
const MASKING_BYTES = 8 << 20;
/** Above and below the line that failed. */
const AROUND = 1;

export interface DiagnosisOptions extends Allowance {
  /** Takes secrets out of what is read from files: this is made to be passed on. */
  readonly redactor: Redactor;
}

/** All that is known about why a run did not pass. Throws NO_RUN. */
export function diagnose(store: Store, selector: string, options: DiagnosisOptions): Diagnosis {
  const found = why(store, selector);
  const { run } = found;
  takeMasks(options.redactor, store.path, run.run_id);
  for (const files of filesOfMaskingSteps(store, run.run_id)) {
    const evidence = new Evidence(store, run, options);
    for (const stored of [files.stdout, files.stderr]) {
      options.redactor.learn(evidence.logEnd(stored, MASKING_BYTES).lines.join("\n"));
    }
  }
  return {
    run: {
      run_id: run.run_id,
      short_id: shortRunId(run.run_id),
      suite: run.suite,
      started_at: run.started_at,
      status: found.status,
      exit_code: run.exit_code,
    },
    summary: found.sentence,
    ...(found.step ? ofStep(store, found, found.step, options) : NOTHING_FAILED),
    ...(found.interruptedAfter && lastLineBefore(store, run, found.interruptedAfter, options)),
    also_failed: found.others.map(({ step, status }) => ({
      step_num: step.step_num,
      step_name: step.step_name,
      status,
      exit_code: step.exit_code,
    })),
    skipped: found.skipped.map(({ step, reason }) => ({
      step_num: step.step_num,
      step_name: step.step_name,
      reason,
    })),
    not_run: found.notRun.map(({ step_num, step_name }) => ({ step_num, step_name })),
    notes: found.notes.map(({ step_num, text }) => ({ step_num, text })),
    artifacts: found.artifacts,
    cut: false,
  };
}

type OfStep = Pick<
  Diagnosis,
  "step" | "failed_at" | "first_error" | "last_line" | "stderr" | "stdout" | "since" | "reproduce"
>;

const NOTHING_FAILED: OfStep = {
  step: null,
  failed_at: null,
  first_error: null,
  last_line: null,
  stderr: null,
  stdout: null,
  since: null,
  reproduce: null,
};

function ofStep(store: Store, { run }: Why, failed: FailedStep, options: DiagnosisOptions): OfStep {
  const { step, status, reason, tags, files } = failed;
  const evidence = new Evidence(store, run, options);
  const [stderr, stdout] = plainLogs(evidence, files, options) as [LogEnd, LogEnd];
  const error = firstError(stderr, stdout);
  return {
    step: {
      step_num: step.step_num,
      step_name: step.step_name,
      status,
      exit_code: step.exit_code,
      meaning: meaningOf({ code: step.exit_code, reason, running: false, tags }),
      duration_ms: step.duration_ms,
      attempts: failed.attempts,
    },
    failed_at: tracedPlace(evidence, failed, run.root_dir) ?? printedPlace(evidence, failed, stderr, error),
    first_error: error && { stream: error.stream, line: error.log.whole ? error.index + 1 : null, text: error.text },
    last_line: status === "interrupted" ? lastLine({ stderr, stdout }, lastStream(store, failed)) : null,
    stderr: tailOf(stderr),
    stdout: tailOf(stdout),
    since: sinceOf(store, failed, { run: run.root_dir, stderr, stdout }, options),
    reproduce: commandLine(failed, run.root_dir),
  };
}

/** What one of the logs masks is masked in both: nobody knows in which order they were written. */
function plainLogs(
  evidence: Evidence,
  files: { readonly stderr: string | null; readonly stdout: string | null },
  { redactor }: DiagnosisOptions,
): LogEnd[] {
  const logs = [files.stderr, files.stdout].map((stored) => evidence.logEnd(stored, READ_BYTES));
  for (const { lines } of logs) redactor.learn(lines.join("\n"));
  return logs.map((log) => {
    const lines = [...log.lines];
    if (log.whole) redactor.lines(lines, new KeyState());
    else redactor.tail(lines);
    return { ...log, lines: lines.map(withoutColours) };
  });
}

/** Of a run that was interrupted after this step had ended. */
function lastLineBefore(
  store: Store,
  run: Why["run"],
  step: FailedStep,
  options: DiagnosisOptions,
): Pick<Diagnosis, "last_line"> {
  const [stderr, stdout] = plainLogs(new Evidence(store, run, options), step.files, options) as [LogEnd, LogEnd];
  return { last_line: lastLine({ stderr, stdout }, lastStream(store, step)) };
}

function lastStream(store: Store, { step, attempts }: FailedStep): Stream | null {
  return lastStreamOf(store, step.step_id, attempts);
}

function tailOf({ path: stored, lines, whole, problem }: LogEnd): Tail {
  return { path: stored, lines: lines.slice(-TAIL_LINES), more: !whole || lines.length > TAIL_LINES, problem };
}

interface FirstError {
  readonly stream: "stdout" | "stderr";
  readonly log: LogEnd;
  readonly index: number;
  readonly text: string;
}

/** On stderr, unless stdout says more. */
function firstError(stderr: LogEnd, stdout: LogEnd): FirstError | null {
  const [onStderr, onStdout] = [errorLine(stderr.lines), errorLine(stdout.lines)];
  if (onStderr && onStderr.weight >= (onStdout?.weight ?? 0)) return { stream: "stderr", log: stderr, ...onStderr };
  return onStdout && { stream: "stdout", log: stdout, ...onStdout };
}

function tracedPlace(evidence: Evidence, { source, step }: FailedStep, rootDir: string): FailedAt | null {
  if (source === null) return null;
  const { file, line, text: command, cwd } = source;
  const name = file && cwd ? path.resolve(rootDir, cwd, file) : file;
  const read = name && line !== null ? evidence.source(name, line, AROUND) : null;
  return {
    ...{ file: file || null, line, function: source.function, command, from: "trace" },
    ...shownSource(read, step.completed_at),
  };
}

function shownSource(
  read: Source | string | null,
  completedAt: string | null,
): Pick<FailedAt, "source" | "changed_since" | "problem"> {
  if (read === null) return { source: [], changed_since: false };
  if (typeof read === "string") return { source: [], changed_since: false, problem: read };
  return { source: read.lines, changed_since: isNewer(read, completedAt) };
}

/** The first place near the error line that is a file of the run, or else one that may not be read. */
function printedPlace(
  evidence: Evidence,
  { step, tags }: FailedStep,
  stderr: LogEnd,
  error: FirstError | null,
): FailedAt | null {
  const places = [...(error ? placesNear(error.log.lines, error.index) : []), ...shellPlaces(stderr.lines)];
  let refused: FailedAt | null = null;
  for (const { file, line } of places) {
    for (const dir of new Set(["", tags.get("cmd.work_dir") ?? ""])) {
      const read = evidence.source(path.isAbsolute(file) ? file : path.join(dir, file), line, AROUND);
      if (read === null) continue;
      const place = { file, line, function: null, command: null, from: "output" as const };
      const found = { ...place, ...shownSource(read, step.completed_at) };
      if (found.problem === undefined) return found;
      refused ??= found;
    }
  }
  return refused;
}

function sinceOf(
  store: Store,
  { before }: FailedStep,
  now: { run: string; stderr: LogEnd; stdout: LogEnd },
  options: DiagnosisOptions,
): Since | null {
  if (before === null) return null;
  const { step, run, files } = before;
  const evidence = new Evidence(store, run, options);
  const then = plainLogs(evidence, files, options);
  const readable = then.every(({ problem }) => problem === null);
  const linesThen = then.flatMap(({ lines }) => lines);
  const linesNow = [...now.stderr.lines, ...now.stdout.lines];
  const fresh = newLines(linesThen, linesNow, { before: run.root_dir, now: now.run }, NEW_LINES);
  const missing = newLines(linesNow, linesThen, { before: now.run, now: run.root_dir }, 0);
  return {
    run_id: run.run_id,
    short_id: shortRunId(run.run_id),
    started_at: run.started_at,
    exit_code: step.exit_code,
    duration_ms: step.duration_ms,
    new_lines: readable ? fresh.lines : null,
    new_line_count: readable ? fresh.total : null,
    missing_line_count: readable ? missing.total : null,
  };
}

/** Null where the database does not tell. The root is where a harness runs its steps, unless the step says otherwise. */
function commandLine({ tags, knowsWorkDir }: FailedStep, rootDir: string): string | null {
  const program = tags.get("cmd.argv0");
  const args = argumentsOf(tags.get("cmd.args_json") ?? "[]");
  if (!program || args === null) return null;
  const command = [program, ...args].map(shellWord).join(" ");
  const dir = tags.get("cmd.work_dir") ?? (knowsWorkDir ? path.resolve(rootDir) : null);
  return dir === null ? command : `cd ${shellWord(dir)} && ${command}`;
}

function argumentsOf(json: string): string[] | null {
  try {
    const args: unknown = JSON.parse(json);
    return Array.isArray(args) && args.every((arg) => typeof arg === "string") ? args : null;
  } catch {
    return null;
  }
}
