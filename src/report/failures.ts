import type { RowSet } from "../model/rows.ts";
import { isFailure } from "../model/step.ts";
import { stderrPaths } from "../store/artifacts.ts";
import { findRun } from "../store/runs.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { PLACE_COLUMNS, placeCells, tracedPlaces } from "./failed-place.ts";
import { statusesOf } from "./statuses.ts";

/** The steps of a run that did not pass, by number: those that failed or were interrupted, not one that still runs. */
export function failures(store: Store, selector: string): RowSet {
  const run = findRun(store, selector);
  const steps = stepsOf(store, run.run_id);
  const statuses = statusesOf(store, run.run_id, steps);
  const paths = stderrPaths(store, run.run_id);
  const places = tracedPlaces(store, run.run_id);
  return {
    columns: ["run_id", "step_num", "step_name", "exit_code", "duration_ms", "stderr_path", "status", ...PLACE_COLUMNS],
    rows: steps
      .map((step) => ({ step, status: statuses.get(step.step_id)! }))
      .filter(({ status }) => isFailure(status))
      .map(({ step, status }) => [
        step.run_id,
        step.step_num,
        step.step_name,
        step.exit_code,
        step.duration_ms,
        paths.get(step.step_id) ?? null,
        status,
        ...placeCells(places.get(step.step_id)),
      ]),
  };
}
