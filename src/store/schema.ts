import type { Database } from "bun:sqlite";

/** The schema of a file, read in one statement, because every step pays for it. */
export interface Schema {
  readonly userVersion: number;
  readonly tables: ReadonlySet<string>;
  /** It has nothing at all, not even a view or an index. */
  readonly empty: boolean;
  readonly entries: readonly SchemaEntry[];
}

/** A row of sqlite_schema (https://sqlite.org/schematab.html). */
export interface SchemaEntry {
  readonly type: string;
  readonly name: string;
  /** The table to which an index or trigger belongs; for a table its own name. */
  readonly table: string;
  /** Null for an index that SQLite made for a key. */
  readonly sql: string | null;
}

export function schemaOf(db: Database): Schema {
  const rows = db
    .query("SELECT user_version, type, name, tbl_name, sql FROM pragma_user_version LEFT JOIN sqlite_master")
    .values() as [number, string | null, string, string, string | null][];
  const entries = rows.flatMap(([, type, name, table, sql]) =>
    // A damaged file may hold anything in any column.
    type === null ? [] : [{ type: `${type}`, name: `${name}`, table: `${table}`, sql: sql === null ? null : `${sql}` }],
  );
  return {
    userVersion: rows[0]![0],
    tables: new Set(entries.filter(({ type }) => type === "table").map(({ name }) => name)),
    empty: entries.length === 0,
    entries,
  };
}
