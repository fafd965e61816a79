import type { Store } from "./store.ts";

/** What one slice did: how many rows it deleted; fewer than it was allowed, if nothing is left. */
type Slice = (most: number) => number;

interface Dependent {
  readonly table: string;
  readonly column: string;
  /** Its rows have no rowid, so that all of one key go together. */
  readonly byKey: boolean;
}

/** From the top: a table that refers to several of these belongs to the first. */
const PARENTS = ["scenario_runs", "steps", "commands", "artifacts"] as const;
type Parent = (typeof PARENTS)[number];
const OWN = new Set<string>(["steps", "vouched_dirs"]);

/**
 * Which tables have rows of a run, of its steps, commands and artifacts, as their foreign keys say: also tables that a later
 * version, or somebody else, has added. Not `vouched_dirs`, which tells until the end which files may be deleted.
 */
export function dependentsOf(store: Store): ReadonlyMap<Parent, readonly Dependent[]> {
  const rows = store.all<{ name: string; wr: number; parent: string; child: string }>(
    `SELECT t.name, t.wr, k."table" AS parent, k."from" AS child
     FROM pragma_table_list t CROSS JOIN pragma_foreign_key_list(t.name) k
     WHERE t.schema = 'main' AND t.type = 'table' AND k.on_delete = 'CASCADE'`,
  );
  const found = new Map<Parent, Dependent[]>(PARENTS.map((parent) => [parent, []]));
  for (const [table, keys] of Map.groupBy(rows, ({ name }) => name)) {
    const parent = PARENTS.find((one) => keys.some((key) => key.parent === one));
    if (parent === undefined || OWN.has(table)) continue;
    const { child: column, wr } = keys.find((key) => key.parent === parent)!;
    found.get(parent)!.push({ table, column, byKey: wr === 1 });
  }
  return found;
}

/**
 * What has to be deleted of a run that is hidden, in this order, each in slices of a caller's transaction: the lines of its
 * artifacts and what else belongs to these, its commands, the rows of its steps, its own.
 */
export function* slicesOf(store: Store, runId: string): Generator<Slice> {
  const dependents = dependentsOf(store);
  const artifacts = store
    .all<{ artifact_id: number }>("SELECT artifact_id FROM artifacts WHERE run_id = ? ORDER BY artifact_id", runId)
    .map(({ artifact_id }) => artifact_id);
  for (const id of artifacts) {
    if (store.fts) for (const lines of lineSlices(store, id)) yield lines;
    yield () => {
      for (const { table, column } of dependents.get("artifacts")!) deleteKey(store, table, column, id);
      store.run("DELETE FROM artifacts WHERE artifact_id = ?", id);
      return 0;
    };
  }
  const steps = store
    .all<{ step_id: string }>("SELECT step_id FROM pruned_steps WHERE run_id = ? ORDER BY step_id", runId)
    .map(({ step_id }) => step_id);
  for (const id of steps) {
    yield (most) => {
      const commands = store.all<{ command_id: string }>(
        "SELECT command_id FROM commands WHERE step_id = ? LIMIT ?",
        id,
        most,
      );
      for (const { command_id: command } of commands) {
        for (const { table, column } of dependents.get("commands")!) deleteKey(store, table, column, command);
        store.run("DELETE FROM commands WHERE command_id = ?", command);
      }
      return commands.length;
    };
    for (const one of dependents.get("steps")!) if (one.table !== "commands") yield rowsOf(store, one, id);
  }
  for (const one of dependents.get("scenario_runs")!) if (one.table !== "artifacts") yield rowsOf(store, one, runId);
}

function rowsOf(store: Store, { table, column, byKey }: Dependent, key: string): Slice {
  if (byKey) {
    return () => {
      deleteKey(store, table, column, key);
      return 0;
    };
  }
  const name = quoted(table);
  const sql = `DELETE FROM ${name} WHERE rowid IN (SELECT rowid FROM ${name} WHERE ${quoted(column)} = ? LIMIT ?)`;
  return (most) => store.run(sql, key, most).changes;
}

function deleteKey(store: Store, table: string, column: string, key: string | number): void {
  store.run(`DELETE FROM ${quoted(table)} WHERE ${quoted(column)} = ?`, key);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The index lines of an artifact. Whoever goes on after a crash begins them anew, which costs nothing. */
function* lineSlices(store: Store, artifactId: number): Generator<Slice> {
  const ranges = store.all<{ first_rowid: number; last_rowid: number }>(
    "SELECT first_rowid, last_rowid FROM line_ranges WHERE artifact_id = ?",
    artifactId,
  );
  for (const { first_rowid: first, last_rowid: last } of ranges) yield rangeSlice(store, { artifactId, first, last });
}

/**
 * Deletes an artifact's index rows from the end of a range, so many at a time. Rows in it that are another's stay: ids of rows
 * that were deleted at the end of the index are used again.
 */
export function rangeSlice(
  store: Store,
  { artifactId, first, last }: { readonly artifactId: number; readonly first: number; readonly last: number },
): Slice {
  let end = last;
  return (most) => {
    const from = Math.max(first, end - most + 1);
    store.run(
      "DELETE FROM log_lines_fts WHERE rowid BETWEEN ? AND ? AND CAST(artifact_id AS INTEGER) = ?",
      from,
      end,
      artifactId,
    );
    const done = end - from + 1;
    end = from - 1;
    return end < first ? 0 : done;
  };
}

/** Ranges of lines of artifacts that are gone, whoever deleted those: what the recorder noted, in the order of rows. */
export function orphanRanges(store: Store): { artifact_id: number; first_rowid: number; last_rowid: number }[] {
  if (!store.hasTable("line_ranges")) return [];
  return store.all(
    `SELECT artifact_id, first_rowid, last_rowid FROM line_ranges
     WHERE artifact_id NOT IN (SELECT artifact_id FROM artifacts) ORDER BY first_rowid`,
  );
}

/** Within the caller's transaction: the account of an artifact's lines, after these are deleted. */
export function forgetRanges(store: Store, artifactId: number): void {
  store.run("DELETE FROM line_ranges WHERE artifact_id = ?", artifactId);
  store.run("DELETE FROM artifact_index WHERE artifact_id = ?", artifactId);
}
