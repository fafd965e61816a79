import type { RowSet } from "../model/rows.ts";
import { openAttempts } from "../store/attempts.ts";
import { countFlaky, endingsOf } from "../store/endings.ts";
import { findRun } from "../store/runs.ts";
import { countSteps } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { type RecorderCheck, statusOfRun } from "./statuses.ts";

/**
 * One row about a run. `failed_steps` counts steps that ended with another code than 0, however they were ended;
 * `interrupted_steps` those that a signal to the recorder ended, or that have no end though nobody records them.
 */
export function summary(store: Store, selector: string, isAlive: RecorderCheck): RowSet {
  const run = findRun(store, selector);
  const steps = countSteps(store, run.run_id);
  const running =
    steps.unfinished === 0
      ? 0
      : new Set(
          openAttempts(store, run.run_id)
            .filter(isAlive)
            .map((open) => open.step_id),
        ).size;
  const ended = [...endingsOf(store, run.run_id).values()].filter((reason) => reason === "interrupted").length;
  return {
    columns: [
      "run_id",
      "root_dir",
      "suite",
      "started_at",
      "completed_at",
      "exit_code",
      "duration_ms",
      "total_steps",
      "failed_steps",
      "fts_enabled",
      "status",
      "interrupted_steps",
      "running_steps",
      "flaky_steps",
    ],
    rows: [
      [
        run.run_id,
        run.root_dir,
        run.suite,
        run.started_at,
        run.completed_at,
        run.exit_code,
        run.duration_ms,
        steps.total,
        steps.failed,
        store.fts,
        statusOfRun(run, steps.failed + steps.unfinished, running),
        steps.unfinished - running + ended,
        running,
        countFlaky(store, run.run_id),
      ],
    ],
  };
}
