import { elapsedMs } from "../../model/time.ts";
import { insertPlannedSteps, markNotRun, type PlannedRow } from "../../store/planned-steps.ts";
import { finishRun, insertRun, type Run, runOfId } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { insertTags, setTags } from "../../store/tags.ts";

/** How a run ended, besides its code. */
export interface RunEnding {
  /** Numbers of planned steps that were not reached; null: those that nobody has recorded. */
  readonly notRun: readonly number[] | null;
  /** Why it ended before its plan did; null: it did not, or by a failure. */
  readonly reason: "interrupted" | "timeout" | null;
  readonly signal: NodeJS.Signals | undefined;
}

/** The rows of a run before its first step. */
export interface RunStart {
  readonly runId: string;
  readonly rootDir: string;
  readonly suite: string | null;
  readonly startedAt: string;
  /** In order; empty values are not stored. */
  readonly tags: readonly (readonly [string, string])[];
  readonly planned: readonly PlannedRow[];
}

/** Within the caller's transaction. Throws NO_RUN when a run of this id is there. */
export function insertRunStart(store: Store, { runId, rootDir, suite, startedAt, tags, planned }: RunStart): void {
  insertRun(store, { run_id: runId, root_dir: rootDir, suite, started_at: startedAt });
  insertTags(store, { runId, stepId: null }, tags);
  insertPlannedSteps(store, runId, planned);
}

/** Whether this start of a run is in the database: who has found it in a file may have been faster. */
export function isStarted(store: Store, { runId, startedAt }: RunStart): boolean {
  return runOfId(store, runId)?.started_at === startedAt;
}

/** Within the caller's transaction. A second end counts. */
export function writeRunEnd(
  store: Store,
  run: Run,
  {
    completedAt,
    exitCode,
    notRun,
    reason,
    signal,
  }: RunEnding & { readonly completedAt: string; readonly exitCode: number },
): void {
  finishRun(store, run.run_id, { completedAt, exitCode, durationMs: elapsedMs(run.started_at, completedAt) });
  markNotRun(store, run.run_id, notRun);
  setTags(store, { runId: run.run_id, stepId: null }, [
    ["exit.reason", reason ?? ""],
    ["exit.signal", signal ?? ""],
  ]);
}
