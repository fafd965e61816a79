import type { Database } from "bun:sqlite";

/** What a file is made of, asked in one statement: every step pays for this. */
export interface Schema {
  readonly userVersion: number;
  readonly tables: ReadonlySet<string>;
  /** Not even a view or an index is in it. */
  readonly empty: boolean;
}

export function schemaOf(db: Database): Schema {
  const [[userVersion, entries, tables]] = db
    .query(
      `SELECT (SELECT user_version FROM pragma_user_version), count(*),
              group_concat(name, char(10)) FILTER (WHERE type = 'table')
       FROM sqlite_master`,
    )
    .values() as [[number, number, string | null]];
  return { userVersion, tables: new Set(tables?.split("\n")), empty: entries === 0 };
}
