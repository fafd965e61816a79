import type { Store } from "./store.ts";

/** A tag of a run, or of a step of it. */
export interface TagRow {
  /** Null for a tag of the run itself, as are the name and the attempt. */
  readonly step_num: number | null;
  readonly step_name: string | null;
  readonly k: string;
  readonly v: string;
}

/** Returns all tags of a run and of its steps, the run's first. Of duplicates, which the Go build makes, the newest counts. */
export function listTags(store: Store, runId: string): TagRow[] {
  return store.all<TagRow>(
    `SELECT s.step_num, s.step_name, kv.k, kv.v FROM kv LEFT JOIN steps s ON s.step_id = kv.step_id
     WHERE kv.kv_id IN (SELECT max(kv_id) FROM kv WHERE run_id = ? AND command_id IS NULL GROUP BY step_id, k)
     ORDER BY s.step_num IS NOT NULL, s.step_num, kv.kv_id`,
    runId,
  );
}
