import { ReadableFiles } from "../../files/readable-files.ts";
import { shortRunId } from "../../model/ids.ts";
import type { Store } from "../../store/store.ts";
import { tagsOf } from "../../store/tags.ts";
import type { DiagnosisOptions } from "./diagnosis-options.ts";
import type { FailedStep } from "./failed-steps.ts";
import { newLines } from "./new-lines.ts";
import { type ReadableLogs, readableLogs } from "./readable-logs.ts";

/** What is new since the step last passed. */
export interface Since {
  readonly run_id: string;
  readonly short_id: string;
  readonly started_at: string;
  /** Of the run in which it passed; null if that is not known. */
  readonly commit: string | null;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
  /** Lines that were not printed then; null if the logs of then cannot be read. */
  readonly new_lines: readonly string[] | null;
  /** How many there are in all; null as well. */
  readonly new_line_count: number | null;
  /** The first lines of then that it did not print; null as well. */
  readonly missing_lines: readonly string[] | null;
  /** How many different ones there are; null as well. */
  readonly missing_line_count: number | null;
}

const NEW_LINES = 10;
const MISSING_LINES = 3;

/** Null if the step has never passed before. `now` is what it printed this time, in a run with the root `rootNow`. */
export function sinceOf(
  store: Store,
  { before }: Pick<FailedStep, "before">,
  now: ReadableLogs,
  rootNow: string,
  options: DiagnosisOptions,
): Since | null {
  if (before === null) return null;
  const { step, run, files } = before;
  const then = readableLogs(new ReadableFiles(store, run, options), files, options.redactor);
  const isReadable = then.stderr.problem === null && then.stdout.problem === null;
  const linesThen = [...then.stderr.lines, ...then.stdout.lines];
  const linesNow = [...now.stderr.lines, ...now.stdout.lines];
  const fresh = newLines(linesThen, linesNow, { before: run.root_dir, now: rootNow }, NEW_LINES);
  const missing = newLines(linesNow, linesThen, { before: rootNow, now: run.root_dir }, MISSING_LINES);
  return {
    run_id: run.run_id,
    short_id: shortRunId(run.run_id),
    started_at: run.started_at,
    commit: tagsOf(store, { runId: run.run_id, stepId: null }).get("git.commit") ?? null,
    exit_code: step.exit_code,
    duration_ms: step.duration_ms,
    new_lines: isReadable ? fresh.lines : null,
    new_line_count: isReadable ? fresh.total : null,
    missing_lines: isReadable ? missing.lines : null,
    missing_line_count: isReadable ? missing.total : null,
  };
}
