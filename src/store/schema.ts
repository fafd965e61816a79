import type { Database } from "bun:sqlite";

/** What a file is made of, asked in one statement: every step pays for this. */
export interface Schema {
  readonly userVersion: number;
  readonly tables: ReadonlySet<string>;
  /** Not even a view or an index is in it. */
  readonly empty: boolean;
  readonly entries: readonly SchemaEntry[];
}

/** A row of sqlite_schema (https://sqlite.org/schematab.html). */
export interface SchemaEntry {
  readonly type: string;
  readonly name: string;
  /** The table that an index or trigger belongs to; its own name for a table. */
  readonly table: string;
  /** Null for an index that a key made. */
  readonly sql: string | null;
}

export function schemaOf(db: Database): Schema {
  const rows = db
    .query("SELECT user_version, type, name, tbl_name, sql FROM pragma_user_version LEFT JOIN sqlite_master")
    .values() as [number, string | null, string, string, string | null][];
  const entries = rows.flatMap(([, type, name, table, sql]) =>
    // A damaged file may have anything in any column.
    type === null ? [] : [{ type: `${type}`, name: `${name}`, table: `${table}`, sql: sql === null ? null : `${sql}` }],
  );
  return {
    userVersion: rows[0]![0],
    tables: new Set(entries.filter(({ type }) => type === "table").map(({ name }) => name)),
    empty: entries.length === 0,
    entries,
  };
}
