import { newestRuns } from "./runs.ts";
import type { Store } from "./store.ts";

/** A step of an earlier run that passed. */
export interface PassingDuration {
  readonly step_num: number;
  readonly step_name: string;
  readonly duration_ms: number;
}

/** The durations of passing steps in the newest runs of a suite, newest run first. */
export function passingDurations(store: Store, suite: string, runs: number): PassingDuration[] {
  const ids = newestRuns(store, suite, runs).map(({ run_id }) => run_id);
  // CROSS JOIN keeps the order of the array, and reads the steps of each run by their index.
  return store.all<PassingDuration>(
    `SELECT s.step_num, s.step_name, s.duration_ms FROM json_each(?) run CROSS JOIN steps s
     WHERE s.run_id = run.value AND s.exit_code = 0 AND s.duration_ms IS NOT NULL`,
    JSON.stringify(ids),
  );
}
