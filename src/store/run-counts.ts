import { STEP_COUNTS, type StepCounts } from "./steps.ts";
import type { Store } from "./store.ts";

/** What the steps and tags of a run add up to. */
export interface RunCounts extends StepCounts {
  /** Passed, but not at the first attempt. */
  readonly flaky: number;
  /** Of the run itself, in the order they were first set. */
  readonly tags: ReadonlyMap<string, string>;
}

/** By run id, for all of these runs at once: three queries, however many there are. */
export function countsOfRuns(store: Store, runIds: readonly string[]): Map<string, RunCounts> {
  const ids = JSON.stringify(runIds);
  const steps = store.all<StepCounts & { run_id: string }>(
    `SELECT run_id, ${STEP_COUNTS} FROM steps
     WHERE run_id IN (SELECT value FROM json_each(?)) GROUP BY run_id`,
    ids,
  );
  // With +run_id the index of the few flaky ones is used, not that of all tags of these runs.
  const flaky = store.all<{ run_id: string; n: number }>(
    `SELECT run_id, count(DISTINCT step_id) AS n FROM kv
     WHERE k = 'flaky' AND v = 'true' AND step_id IS NOT NULL AND +run_id IN (SELECT value FROM json_each(?)) GROUP BY run_id`,
    ids,
  );
  const tags = store.all<{ run_id: string; k: string; v: string }>(
    `SELECT run_id, k, v FROM kv
     WHERE run_id IN (SELECT value FROM json_each(?)) AND step_id IS NULL AND command_id IS NULL ORDER BY +kv_id`,
    ids,
  );
  const flakyOf = new Map(flaky.map(({ run_id, n }) => [run_id, n]));
  const stepsOf = new Map(steps.map((row) => [row.run_id, row]));
  const tagsOf = Map.groupBy(tags, ({ run_id }) => run_id);
  return new Map(
    runIds.map((id) => {
      const { total, failed, unfinished } = stepsOf.get(id) ?? { total: 0, failed: 0, unfinished: 0 };
      const own = new Map((tagsOf.get(id) ?? []).map(({ k, v }) => [k, v]));
      return [id, { total, failed, unfinished, flaky: flakyOf.get(id) ?? 0, tags: own }];
    }),
  );
}

/** Those of these ends of run ids, all of one length, that more than one run has. */
export function sharedEnds(store: Store, ends: readonly string[]): Set<string> {
  const rows = store.all<{ ending: string }>(
    `SELECT substr(run_id, -?1) AS ending FROM scenario_runs
     WHERE substr(run_id, -?1) IN (SELECT value FROM json_each(?2)) GROUP BY ending HAVING count(*) > 1`,
    ends[0]?.length ?? 0,
    JSON.stringify(ends),
  );
  return new Set(rows.map(({ ending }) => ending));
}
