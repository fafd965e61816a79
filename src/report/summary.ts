import type { RowSet } from "../model/rows.ts";
import { statusOf } from "../model/step.ts";
import { findRun } from "../store/runs.ts";
import { countSteps } from "../store/steps.ts";
import type { Store } from "../store/store.ts";

/** One row about a run. `failed_steps` counts steps that ended with another code than 0. */
export function summary(store: Store, selector: string): RowSet {
  const run = findRun(store, selector);
  const steps = countSteps(store, run.run_id);
  const status = statusOf(run.completed_at, run.exit_code);
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
        // A harness that forgets --exit-code ends every run with 0.
        status === "passed" && steps.failed + steps.unfinished > 0 ? "failed" : status,
        steps.unfinished,
      ],
    ],
  };
}
