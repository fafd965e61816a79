import { type Run, startKey, startOrder } from "./runs.ts";
import { STEP_COLUMNS, type Step } from "./steps.ts";
import type { Store } from "./store.ts";

/** How many earlier runs are searched: compared with an older one, what is new says little. */
const MOST_RUNS = 200;

/**
 * Finds the same step in the newest earlier run of the suite in which it passed: it has the same name, and the same number
 * if there is one of that number. Returns null if none of the last 200 runs has one.
 */
export function lastPassed(store: Store, run: Run, step: Step): Step | null {
  const key = startKey("r").join(", ");
  const runs = store.all<{ run_id: string }>(
    `SELECT run_id FROM scenario_runs r
     WHERE suite IS ? AND (${key}) < (SELECT ${key} FROM scenario_runs r WHERE run_id = ?)
     ORDER BY ${startOrder("r", "DESC")} LIMIT ?`,
    run.suite,
    run.run_id,
    MOST_RUNS,
  );
  const earlier = JSON.stringify(runs.map(({ run_id }) => run_id));
  // CROSS JOIN keeps the order of the array, so that the first row is the newest.
  const find = (sameNum: string) =>
    store.get<Step>(
      `SELECT ${STEP_COLUMNS} FROM json_each(?1) run CROSS JOIN steps s
       WHERE s.run_id = run.value AND s.step_name = ?2 ${sameNum} AND s.exit_code = 0 LIMIT 1`,
      ...(sameNum === "" ? [earlier, step.step_name] : [earlier, step.step_name, step.step_num]),
    );
  return find("AND s.step_num = ?3") ?? find("");
}
