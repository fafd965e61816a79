import { findRun } from "../store/runs.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";

/** When each step of a run that has no end yet began, by its number. Throws NO_RUN. */
export function runningStarts(store: Store, selector: string): Map<number, string> {
  const open = stepsOf(store, findRun(store, selector).run_id).filter(({ completed_at }) => completed_at === null);
  return new Map(open.map(({ step_num, started_at }) => [step_num, started_at]));
}
