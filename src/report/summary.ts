import type { RowSet } from "../model/rows.ts";
import { findRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { type CountedRun, countedRuns } from "./statuses.ts";

/**
 * One row about a run. `total_steps` are all that there were to be; `failed_steps` are those that failed, and
 * `interrupted_steps` those that a signal to the recorder ended, or that have no end though nobody records them.
 */
export function summary(store: Store, selector: string): RowSet {
  const [{ run, status, counts }] = countedRuns(store, [findRun(store, selector)]) as [CountedRun];
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
      "skipped_steps",
      "not_run_steps",
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
        counts.total,
        counts.failed,
        store.fts,
        status,
        counts.interrupted,
        counts.unfinished,
        counts.flaky,
        counts.skipped,
        counts.notRun,
      ],
    ],
  };
}
