import type { StepTotals } from "../model/run-status.ts";
import { countNotRun } from "./planned-steps.ts";
import type { Store } from "./store.ts";

/** What the steps and tags of a run add up to. */
export interface RunCounts extends StepTotals {
  /** The tags of the run itself, in the order in which they were first set. */
  readonly tags: ReadonlyMap<string, string>;
}

const NO_ENDINGS = { interrupted: 0, skipped: 0, passed: 0, failed: 0 };

/** Returns the counts of all these runs by run id, with five queries however many runs there are. */
export function countsOfRuns(store: Store, runIds: readonly string[]): Map<string, RunCounts> {
  const ids = JSON.stringify(runIds);
  const steps = store.all<{ run_id: string; total: number; passed: number; failed: number; unfinished: number }>(
    `SELECT run_id, count(*) AS total,
       count(*) FILTER (WHERE completed_at IS NOT NULL AND exit_code = 0) AS passed,
       count(*) FILTER (WHERE completed_at IS NOT NULL AND exit_code <> 0) AS failed,
       count(*) FILTER (WHERE completed_at IS NULL OR exit_code IS NULL) AS unfinished
     FROM steps WHERE run_id IN (SELECT value FROM json_each(?)) GROUP BY run_id`,
    ids,
  );
  // +run_id makes SQLite use the index of the few flaky steps instead of the one of all tags of these runs.
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
  const endings = endingsOfRuns(store, ids);
  const notRunOf = countNotRun(store, ids);
  const flakyOf = new Map(flaky.map(({ run_id, n }) => [run_id, n]));
  const stepsOf = new Map(steps.map((row) => [row.run_id, row]));
  const tagsOf = Map.groupBy(tags, ({ run_id }) => run_id);
  return new Map(
    runIds.map((id) => {
      const { total, passed, failed, unfinished } = stepsOf.get(id) ?? {
        total: 0,
        passed: 0,
        failed: 0,
        unfinished: 0,
      };
      const otherwise = endings.get(id) ?? NO_ENDINGS;
      const notRun = notRunOf.get(id) ?? 0;
      const counts: RunCounts = {
        total: total + notRun,
        passed: passed - otherwise.passed,
        failed: failed - otherwise.failed,
        interrupted: otherwise.interrupted,
        skipped: otherwise.skipped,
        notRun,
        unfinished,
        flaky: flakyOf.get(id) ?? 0,
        tags: new Map((tagsOf.get(id) ?? []).map(({ k, v }) => [k, v])),
      };
      return [id, counts];
    }),
  );
}

/**
 * Counts the steps that neither passed nor failed, whatever their code is; `passed` and `failed` count those among them whose
 * code says so. Runs without such steps, and runs of the Go build, are absent.
 */
function endingsOfRuns(store: Store, ids: string): Map<string, typeof NO_ENDINGS> {
  if (!store.hasTable("attempts")) return new Map();
  const rows = store.all<typeof NO_ENDINGS & { run_id: string }>(
    `SELECT s.run_id,
       count(*) FILTER (WHERE a.reason = 'interrupted') AS interrupted,
       count(*) FILTER (WHERE a.reason = 'skipped') AS skipped,
       count(*) FILTER (WHERE s.exit_code = 0) AS passed,
       count(*) FILTER (WHERE s.exit_code <> 0) AS failed
     FROM json_each(?) run CROSS JOIN steps s CROSS JOIN attempts a
     WHERE s.run_id = run.value AND s.completed_at IS NOT NULL AND a.step_id = s.step_id
       AND a.reason IN ('interrupted', 'skipped')
       AND a.attempt = (SELECT max(attempt) FROM attempts WHERE step_id = s.step_id)
     GROUP BY s.run_id`,
    ids,
  );
  return new Map(rows.map((row) => [row.run_id, row]));
}

/** Returns those of these ends of run ids, all of one length, that more than one run has. */
export function sharedEnds(store: Store, ends: readonly string[]): Set<string> {
  const rows = store.all<{ ending: string }>(
    `SELECT substr(run_id, -?1) AS ending FROM scenario_runs
     WHERE substr(run_id, -?1) IN (SELECT value FROM json_each(?2)) GROUP BY ending HAVING count(*) > 1`,
    ends[0]?.length ?? 0,
    JSON.stringify(ends),
  );
  return new Set(rows.map(({ ending }) => ending));
}
