import type { Database } from "bun:sqlite";

/**
 * Whether this SQLite has the FTS5 module. It asks the module list, because the text of an error proves nothing.
 * `SCENARIOLOG_NO_FTS5=1` makes the store behave as if the module were missing.
 */
export function hasFts5(db: Database): boolean {
  if (process.env.SCENARIOLOG_NO_FTS5 === "1") return false;
  return db.query("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").get() !== null;
}
