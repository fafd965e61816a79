import type { RowSet } from "../model/rows.ts";
import { statusOf } from "../model/step.ts";
import { stderrPaths } from "../store/artifacts.ts";
import { findRun } from "../store/runs.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";

/** The steps of a run that did not pass, by number: those that failed, and those that never ended. */
export function failures(store: Store, selector: string): RowSet {
  const run = findRun(store, selector);
  const paths = stderrPaths(store, run.run_id);
  return {
    columns: ["run_id", "step_num", "step_name", "exit_code", "duration_ms", "stderr_path", "status"],
    rows: stepsOf(store, run.run_id)
      .map((step) => ({ step, status: statusOf(step.completed_at, step.exit_code) }))
      .filter(({ status }) => status !== "passed")
      .map(({ step, status }) => [
        step.run_id,
        step.step_num,
        step.step_name,
        step.exit_code,
        step.duration_ms,
        paths.get(step.step_id) ?? null,
        status,
      ]),
  };
}
