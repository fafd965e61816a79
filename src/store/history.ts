import type { Store } from "./store.ts";

/** A step of one of several runs, with what its history is judged by. */
export interface HistoryStep {
  readonly run_id: string;
  readonly step_id: string;
  readonly step_num: number;
  readonly step_name: string;
  readonly script_path: string | null;
  readonly completed_at: string | null;
  readonly exit_code: number | null;
  /** Of the last attempt; null while it has none. */
  readonly duration_ms: number | null;
  /** Why the last attempt ended, if that was not its own doing. */
  readonly reason: string | null;
  /** Attempts before the last one that failed by themselves. */
  readonly failed_before: number;
}

/** The steps of these runs by run and number. In a file of the Go build, no step has a reason or an earlier attempt. */
export function historySteps(store: Store, runIds: readonly string[]): HistoryStep[] {
  const lastOf = "(SELECT max(attempt) FROM attempts WHERE step_id = s.step_id)";
  const [reason, failedBefore] = store.hasTable("attempts")
    ? [
        `(SELECT reason FROM attempts a WHERE a.step_id = s.step_id AND a.attempt = ${lastOf})`,
        `(SELECT count(*) FROM attempts a WHERE a.step_id = s.step_id AND a.attempt < ${lastOf}
            AND a.exit_code <> 0 AND (a.reason IS NULL OR a.reason NOT IN ('interrupted', 'skipped')))`,
      ]
    : ["NULL", "0"];
  return store.all<HistoryStep>(
    `SELECT s.run_id, s.step_id, s.step_num, s.step_name, s.script_path, s.completed_at, s.exit_code, s.duration_ms,
       ${reason} AS reason, ${failedBefore} AS failed_before
     FROM json_each(?) run CROSS JOIN steps s WHERE s.run_id = run.value ORDER BY run.key, s.step_num`,
    JSON.stringify(runIds),
  );
}

/** A tag of all steps of these runs, by step id; of duplicates the newest counts. */
export function stepTagOfRuns(store: Store, runIds: readonly string[], key: string): Map<string, string> {
  // With +k the index of each run's tags is used, not that of the same key in all runs.
  const rows = store.all<{ step_id: string; v: string }>(
    `SELECT kv.step_id, kv.v FROM json_each(?) run CROSS JOIN kv
     WHERE kv.run_id = run.value AND +kv.k = ? AND kv.step_id IS NOT NULL AND kv.command_id IS NULL ORDER BY kv.kv_id`,
    JSON.stringify(runIds),
    key,
  );
  return new Map(rows.map(({ step_id, v }) => [step_id, v]));
}
