import type { Cell, RowSet } from "../model/rows.ts";
import { contentsOf } from "../store/contents.ts";
import { sqliteFacts } from "../store/facts.ts";
import { SCHEMA_VERSION } from "../store/open.ts";
import type { Store } from "../store/store.ts";

/** One row about this program; with a store also what that file holds. */
export function capabilities(version: string, store: Store | null): RowSet {
  const sqlite = sqliteFacts();
  const facts: Record<string, Cell> = {
    version,
    bun_version: Bun.version,
    sqlite_version: sqlite.version,
    fts5: sqlite.fts5,
    platform: `${process.platform}-${process.arch}`,
    schema_version: SCHEMA_VERSION,
  };
  if (store) Object.assign(facts, { db: store.path, ...contentsOf(store) });
  return { columns: Object.keys(facts), rows: [Object.values(facts)] };
}
