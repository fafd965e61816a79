import type { ReadableFiles } from "../../files/readable-files.ts";
import { meaningOf } from "../../model/exit-meaning.ts";
import { type Stream, shortRunId } from "../../model/ids.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { shellWord } from "../../model/shell-word.ts";
import { isFailure, type RunStatus } from "../../model/step.ts";
import { elapsedMs } from "../../model/time.ts";
import type { Artifact } from "../../store/artifacts.ts";
import type { Attempt } from "../../store/attempts.ts";
import type { PlannedRow } from "../../store/planned-steps.ts";
import type { Run } from "../../store/runs.ts";
import { filesOfStep } from "../../store/step-files.ts";
import type { Step } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import type { RunCommand } from "../../store/whole-run.ts";
import { argvIn } from "../recorded-argv.ts";
import type { DiagnosisOptions } from "../why/diagnosis-options.ts";
import type { FailedAt } from "../why/failed-at.ts";
import { factsOf } from "../why/failed-steps.ts";
import { readableLogs } from "../why/readable-logs.ts";
import { sinceOf } from "../why/since.ts";
import { causeOf, reproduceOf } from "../why/step-diagnosis.ts";
import type {
  DocumentArtifact,
  DocumentAttempt,
  DocumentCommand,
  DocumentFrame,
  DocumentLog,
  DocumentPlace,
  DocumentStep,
} from "./run-document.ts";

/** What the steps of a document share. */
export interface WholeRun {
  readonly store: Store;
  readonly run: Run;
  readonly options: DiagnosisOptions;
  readonly files: ReadableFiles;
  /** Steps that were compared with their last pass so far. */
  compared: number;
}

/** The rows of one step. */
export interface StepRows {
  readonly step: Step;
  readonly status: RunStatus;
  readonly reason: string | null;
  readonly tags: ReadonlyMap<string, string>;
  readonly attempts: readonly Attempt[];
  readonly commands: readonly RunCommand[];
  readonly artifacts: readonly Artifact[];
}

/** To compare a step reads the logs of another run. */
const MOST_COMPARED = 20;

/** A step without the lines of its logs. */
export function stepOf(whole: WholeRun, rows: StepRows): DocumentStep {
  const { run, store, options } = whole;
  const { step, status, reason, tags, attempts } = rows;
  const { redactor } = options;
  const argv = argvIn(tags);
  const reproduce = reproduceOf({ argv, tags, knowsWorkDir: attempts.length > 0 }, run.root_dir);
  const paths = filesOfStep(store, step, Math.max(1, attempts.at(-1)?.attempt ?? 1));
  const logOf = (stream: Stream) => documentLog(paths[stream], rows.artifacts);
  return {
    step_id: step.step_id,
    step_num: step.step_num,
    step_name: redactor.text(step.step_name),
    script_path: step.script_path,
    status,
    exit_code: step.exit_code,
    reason,
    meaning:
      status === "passed" ? null : meaningOf({ code: step.exit_code, reason, running: status === "running", tags }),
    started_at: step.started_at,
    completed_at: step.completed_at,
    offset_ms: elapsedMs(run.started_at, step.started_at),
    duration_ms: step.duration_ms,
    flaky: tags.get("flaky") === "true",
    argv: argv && redactor.args(argv),
    work_dir: tags.get("cmd.work_dir") ?? null,
    reproduce: reproduce && redactor.text(reproduce),
    tags: Object.fromEntries([...tags].map(([key, value]) => [key, redactor.tag(key, value)])),
    attempts: attempts.map((attempt) => documentAttempt(run, attempt)),
    commands: rows.commands.map((command) => documentCommand(run, command, redactor)),
    ...(isFailure(status) ? causes(whole, rows) : { failed_at: null, first_error: null, since: null }),
    stdout: logOf("stdout"),
    stderr: logOf("stderr"),
    artifacts: rows.artifacts.filter(({ kind }) => !/^std(?:out|err)$/.test(kind)).map(documentArtifact),
  };
}

/** A step that was planned and not reached. */
export function notRunStep(planned: PlannedRow, redactor: Redactor): DocumentStep {
  return {
    step_id: null,
    step_num: planned.step_num,
    step_name: redactor.text(planned.step_name),
    script_path: planned.script_path,
    status: "not run",
    ...{ exit_code: null, reason: null, meaning: null },
    ...{ started_at: null, completed_at: null, offset_ms: null, duration_ms: null },
    ...{ flaky: false, argv: null, work_dir: null, reproduce: null, tags: {}, attempts: [], commands: [] },
    ...{ failed_at: null, first_error: null, since: null, stdout: null, stderr: null, artifacts: [] },
  };
}

export function documentArtifact({ artifact_id, kind, path, is_text, size_bytes, sha256 }: Artifact): DocumentArtifact {
  return { artifact_id, kind, path, is_text: is_text !== 0, size_bytes, sha256 };
}

function causes(
  whole: WholeRun,
  { step, status }: StepRows,
): Pick<DocumentStep, "failed_at" | "first_error" | "since"> {
  const { store, run, files, options } = whole;
  const failed = factsOf(store, run, { step, status });
  const logs = readableLogs(files, failed.files, options.redactor);
  const { failed_at: place, first_error } = causeOf(files, failed, run.root_dir, logs);
  const isCompared = whole.compared++ < MOST_COMPARED;
  const since = isCompared ? sinceOf(store, failed, logs, run.root_dir, options) : null;
  return {
    failed_at: place && documentPlace(place, options.redactor),
    first_error,
    since: since && {
      run_id: since.run_id,
      short_id: shortRunId(since.run_id),
      started_at: since.started_at,
      commit: since.commit,
      exit_code: since.exit_code,
      duration_ms: since.duration_ms,
      new_lines: since.new_lines,
      new_line_count: since.new_line_count,
    },
  };
}

function documentPlace(
  { from, guard, callers, changed_since, problem, ...frame }: FailedAt,
  redactor: Redactor,
): DocumentPlace {
  return {
    ...documentFrame(frame, redactor),
    from,
    guard: guard && { line: guard.line, text: redactor.text(guard.text) },
    callers: callers.map((caller) => documentFrame(caller, redactor)),
    changed_since,
    problem: problem ?? null,
  };
}

/** Source lines come from files that were redacted whole. */
function documentFrame(
  { file, line, function: scope, command, source }: DocumentFrame,
  redactor: Redactor,
): DocumentFrame {
  return { file, line, function: scope, command: command && redactor.text(command), source };
}

function documentAttempt(run: Run, attempt: Attempt): DocumentAttempt {
  return {
    attempt: attempt.attempt,
    started_at: attempt.started_at,
    completed_at: attempt.completed_at,
    offset_ms: elapsedMs(run.started_at, attempt.started_at),
    duration_ms: attempt.duration_ms,
    exit_code: attempt.exit_code,
    reason: attempt.reason,
  };
}

function documentCommand(run: Run, command: RunCommand, redactor: Redactor): DocumentCommand {
  const args = argvIn(
    new Map([
      ["cmd.argv0", command.argv0 ?? ""],
      ["cmd.args_json", command.argv_json ?? "[]"],
    ]),
  );
  return {
    command_num: command.command_num,
    attempt: command.attempt,
    text: redactor.text(command.text ?? (args ?? [command.argv0 ?? ""]).map(shellWord).join(" ")),
    cwd: command.cwd,
    file: command.file,
    line: command.line,
    function: command.function,
    offset_ms: elapsedMs(run.started_at, command.started_at),
    duration_ms: command.duration_ms,
    exit_code: command.exit_code,
  };
}

/** Of an attempt that has not ended there is a file, and no artifact yet. */
function documentLog(path: string | null, artifacts: readonly Artifact[]): DocumentLog | null {
  if (path === null) return null;
  const artifact = artifacts.findLast((one) => one.path === path);
  const facts = { path, size_bytes: artifact?.size_bytes ?? null, sha256: artifact?.sha256 ?? null };
  return { ...facts, head: [], tail: [], left_out_bytes: 0, problem: null };
}
