import type { Store } from "./store.ts";

/** What a tag or artifact belongs to: a run, one of its steps, or a command inside that. */
export interface Scope {
  readonly runId: string;
  readonly stepId: string | null;
  /** Absent if it belongs to no command. */
  readonly commandId?: string;
}

/** Inserts the tags of a new scope, in order. Empty values are not stored. */
export function insertTags(store: Store, scope: Scope, tags: Iterable<readonly [string, string]>): void {
  for (const [key, value] of tags) if (value !== "") insertTag(store, scope, key, value);
}

/**
 * Sets tags in order. Empty values are not stored. A tag that its scope has already is updated, and of duplicates the newest:
 * the unique index does not ensure that, because its NULLs never conflict, and the Go build needs it as it is.
 */
export function setTags(store: Store, scope: Scope, tags: Iterable<readonly [string, string]>): void {
  const wanted = [...tags].filter(([, value]) => value !== "");
  if (wanted.length === 0) return;
  // One statement reads all of them, because each one counts at the end of a step. Of duplicates the newest comes last.
  // +kv_id makes SQLite use the scope's index instead of the order of all the run's tags.
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

/** Removes tags that exist, and ignores the others. */
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

/** Returns the tags of a scope in their first order. Of duplicates, which the Go build makes, the newest counts. */
export function tagsOf(store: Store, scope: Scope): Map<string, string> {
  const rows = store.all<{ k: string; v: string }>(
    "SELECT k, v FROM kv WHERE run_id = ? AND step_id IS ? AND command_id IS ? ORDER BY +kv_id",
    scope.runId,
    scope.stepId,
    scope.commandId ?? null,
  );
  return new Map(rows.map(({ k, v }) => [k, v]));
}

/** Returns these tags of all steps of a run, by step id; absent for a step that has none of them. */
export function tagsOfSteps(store: Store, runId: string, keys: readonly string[]): Map<string, Map<string, string>> {
  // +k makes SQLite use the run's index instead of the one of the same key in all runs.
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
