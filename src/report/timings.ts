import type { RowSet } from "../model/rows.ts";
import { findRun } from "../store/runs.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { statusesOf } from "./statuses.ts";

/** The `top` slowest steps of a run, slowest first; 0 is none, negative is all. Steps without an end come last. */
export function timings(store: Store, selector: string, top: number): RowSet {
  const run = findRun(store, selector);
  const steps = stepsOf(store, run.run_id).sort((a, b) => (b.duration_ms ?? -1) - (a.duration_ms ?? -1));
  const statuses = statusesOf(store, run.run_id, steps);
  return {
    columns: ["run_id", "step_num", "step_name", "duration_ms", "exit_code", "status"],
    rows: (top < 0 ? steps : steps.slice(0, top)).map((step) => [
      step.run_id,
      step.step_num,
      step.step_name,
      step.duration_ms,
      step.exit_code,
      statuses.get(step.step_id)!,
    ]),
  };
}
