import type { RowSet } from "../model/rows.ts";
import { stderrPaths } from "../store/artifacts.ts";
import { findRun } from "../store/runs.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { failedAt } from "./failed-place.ts";
import { statusesOf } from "./statuses.ts";

/** The steps of a run that did not pass, by number: those that failed or were interrupted. One still running is none. */
export function failures(store: Store, selector: string): RowSet {
  const run = findRun(store, selector);
  const steps = stepsOf(store, run.run_id);
  const statuses = statusesOf(store, run.run_id, steps);
  const paths = stderrPaths(store, run.run_id);
  const places = failedAt(store, run.run_id);
  return {
    columns: [
      "run_id",
      "step_num",
      "step_name",
      "exit_code",
      "duration_ms",
      "stderr_path",
      "status",
      "failed_file",
      "failed_line",
      "failed_command",
    ],
    rows: steps
      .map((step) => ({ step, status: statuses.get(step.step_id)! }))
      .filter(({ status }) => status === "failed" || status === "interrupted")
      .map(({ step, status }) => [
        step.run_id,
        step.step_num,
        step.step_name,
        step.exit_code,
        step.duration_ms,
        paths.get(step.step_id) ?? null,
        status,
        places.get(step.step_id)?.file ?? null,
        places.get(step.step_id)?.line ?? null,
        places.get(step.step_id)?.command ?? null,
      ]),
  };
}
