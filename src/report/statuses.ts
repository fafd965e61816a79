import { statusOfRun as ruleOfRun } from "../model/run-status.ts";
import { type RunStatus, statusOf } from "../model/step.ts";
import { LEFT_OUT_TAG } from "../model/tags.ts";
import { openAttempts } from "../store/attempts.ts";
import { endingsOf } from "../store/endings.ts";
import { isRecording } from "../store/recorders.ts";
import { countsOfRuns, type RunCounts } from "../store/run-counts.ts";
import type { Run } from "../store/runs.ts";
import type { Step } from "../store/steps.ts";
import type { Store } from "../store/store.ts";

/** The status of each step of a run: a step without an end is running while its recorder is, else interrupted. */
export function statusesOf(
  store: Store,
  runId: string,
  steps: readonly Pick<Step, "step_id" | "completed_at" | "exit_code">[],
): Map<string, RunStatus> {
  const endings = endingsOf(store, runId);
  const unfinished = steps.some((step) => step.completed_at === null);
  const running = new Set(
    unfinished
      ? openAttempts(store, runId)
          .filter(isRecording)
          .map((open) => open.step_id)
      : [],
  );
  return new Map(
    steps.map(({ step_id: id, completed_at, exit_code }) => [
      id,
      statusOf(completed_at, exit_code, endings.get(id) ?? null, running.has(id)),
    ]),
  );
}

/** A run, what its steps came to, and what that makes of it. */
export interface CountedRun {
  readonly run: Run;
  readonly status: RunStatus;
  /** `unfinished` are those that are `running`; the others without an end are among the interrupted. */
  readonly counts: RunCounts;
}

export function countedRuns(store: Store, runs: readonly Run[]): CountedRun[] {
  const counts = countsOfRuns(
    store,
    runs.map(({ run_id }) => run_id),
  );
  return runs.map((run) => {
    const own = counts.get(run.run_id)!;
    const running = own.unfinished === 0 ? 0 : stepsRecorded(store, run);
    const isPartial = own.tags.has(LEFT_OUT_TAG);
    const status = ruleOfRun({ ...run, reason: own.tags.get("exit.reason"), isPartial }, own, running);
    const interrupted = own.interrupted + own.unfinished - running;
    return { run, status, counts: { ...own, interrupted, unfinished: running } };
  });
}

/** Several attempts of one step may be recorded at once. */
function stepsRecorded(store: Store, run: Run): number {
  const open = openAttempts(store, run.run_id).filter(isRecording);
  return new Set(open.map(({ step_id }) => step_id)).size;
}
