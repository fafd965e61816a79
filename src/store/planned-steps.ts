import type { Store } from "./store.ts";

/** A step that a run planned to run. */
export interface PlannedRow {
  readonly step_num: number;
  readonly step_name: string;
  readonly script_path: string | null;
}

/** Call it once for a run, when the run starts. */
export function insertPlannedSteps(store: Store, runId: string, steps: readonly PlannedRow[]): void {
  for (const step of steps) {
    store.run(
      "INSERT INTO planned_steps(run_id, step_num, step_name, script_path) VALUES (?, ?, ?, ?)",
      runId,
      step.step_num,
      step.step_name,
      step.script_path,
    );
  }
}

/** Marks these as not reached; null means all that have no row among the run's steps. */
export function markNotRun(store: Store, runId: string, nums: readonly number[] | null): void {
  store.run(
    `UPDATE planned_steps SET state = 'not run' WHERE run_id = ?1 AND ${NO_ROW}
       AND (?2 IS NULL OR step_num IN (SELECT value FROM json_each(?2)))`,
    runId,
    nums === null ? null : JSON.stringify(nums),
  );
}

/** Returns the steps of a run that were not run (so far, if the run goes on), by number; none in a file of the Go build. */
export function notRunSteps(store: Store, runId: string): PlannedRow[] {
  if (!store.hasTable("planned_steps")) return [];
  return store.all<PlannedRow>(
    `SELECT step_num, step_name, script_path FROM planned_steps WHERE run_id = ? AND ${NOT_RUN} ORDER BY step_num`,
    runId,
  );
}

/** Counts them by run id; a run without any is absent. `ids` is a JSON array. */
export function countNotRun(store: Store, ids: string): Map<string, number> {
  if (!store.hasTable("planned_steps")) return new Map();
  const rows = store.all<{ run_id: string; n: number }>(
    `SELECT run_id, count(*) AS n FROM planned_steps
     WHERE run_id IN (SELECT value FROM json_each(?)) AND ${NOT_RUN} GROUP BY run_id`,
    ids,
  );
  return new Map(rows.map(({ run_id, n }) => [run_id, n]));
}

/** Somebody may have gone on with the run, and have run the step after all. */
const NO_ROW = `NOT EXISTS (SELECT 1 FROM steps s
       WHERE s.run_id = planned_steps.run_id AND s.step_num = planned_steps.step_num)`;

/** In a run that has ended only what its recorder, or run end, has marked counts: a step may have run and lost its row. */
const NOT_RUN = `${NO_ROW} AND (state IS NOT NULL
       OR (SELECT completed_at FROM scenario_runs r WHERE r.run_id = planned_steps.run_id) IS NULL)`;
