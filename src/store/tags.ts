import type { Store } from "./store.ts";

/** What a tag or artifact belongs to: a run, a step of it, or a command inside that. */
export interface Scope {
  readonly runId: string;
  readonly stepId: string | null;
  /** Absent: of no command. */
  readonly commandId?: string;
}

/** Tags of a scope that is new, in order; empty values are not stored. */
export function insertTags(store: Store, scope: Scope, tags: Iterable<readonly [string, string]>): void {
  for (const [key, value] of tags) if (value !== "") insertTag(store, scope, key, value);
}

/**
 * Sets tags in order; empty values are not stored. A tag that its scope has already is updated, the newest of
 * duplicates: the unique index cannot see to that, since its NULLs never conflict (and the Go build needs it so).
 */
export function setTags(store: Store, scope: Scope, tags: Iterable<readonly [string, string]>): void {
  const wanted = [...tags].filter(([, value]) => value !== "");
  if (wanted.length === 0) return;
  // One look for all of them: at the end of a step each statement counts. Of duplicates the newest is the last. With
  // +kv_id the scope's index is used, not that of all tags of the run in their order.
  const rows = store.all<{ kv_id: number; k: string }>(
    "SELECT kv_id, k FROM kv WHERE run_id = ? AND step_id IS ? AND command_id IS ? ORDER BY +kv_id",
    scope.runId,
    scope.stepId,
    scope.commandId ?? null,
  );
  const present = new Map(rows.map(({ k, kv_id }) => [k, kv_id]));
  for (const [key, value] of wanted) {
    const id = present.get(key);
    if (id === undefined) present.set(key, insertTag(store, scope, key, value));
    else store.run("UPDATE kv SET v = ? WHERE kv_id = ?", value, id);
  }
}

/** Takes tags away, where they are there. */
export function removeTags(store: Store, scope: Scope, keys: readonly string[]): void {
  for (const key of keys) {
    store.run(
      "DELETE FROM kv WHERE run_id = ? AND step_id IS ? AND command_id IS ? AND k = ?",
      scope.runId,
      scope.stepId,
      scope.commandId ?? null,
      key,
    );
  }
}

/** Returns the row's id. */
function insertTag(store: Store, scope: Scope, key: string, value: string): number {
  const { lastInsertRowid } = store.run(
    "INSERT INTO kv(run_id, step_id, command_id, k, v) VALUES (?, ?, ?, ?, ?)",
    scope.runId,
    scope.stepId,
    scope.commandId ?? null,
    key,
    value,
  );
  return lastInsertRowid;
}

/** Tags of a scope in the order they were first set; of duplicates (the Go build leaves some) the newest counts. */
export function tagsOf(store: Store, scope: Scope): Map<string, string> {
  const rows = store.all<{ k: string; v: string }>(
    "SELECT k, v FROM kv WHERE run_id = ? AND step_id IS ? AND command_id IS ? ORDER BY +kv_id",
    scope.runId,
    scope.stepId,
    scope.commandId ?? null,
  );
  return new Map(rows.map(({ k, v }) => [k, v]));
}

/** Of all steps of a run that have one of these tags, by step id. */
export function tagsOfSteps(store: Store, runId: string, keys: readonly string[]): Map<string, Map<string, string>> {
  // With +k the run's index is used, not that of the same key in all runs.
  const rows = store.all<{ step_id: string; k: string; v: string }>(
    `SELECT step_id, k, v FROM kv WHERE run_id = ? AND step_id IS NOT NULL AND command_id IS NULL
       AND +k IN (${keys.map(() => "?").join(", ")}) ORDER BY kv_id`,
    runId,
    ...keys,
  );
  const bySteps = new Map<string, Map<string, string>>();
  for (const { step_id: id, k, v } of rows) {
    const own = bySteps.get(id);
    if (own) own.set(k, v);
    else bySteps.set(id, new Map([[k, v]]));
  }
  return bySteps;
}
