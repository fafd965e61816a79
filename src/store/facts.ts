import { Database } from "bun:sqlite";
import { hasFts5 } from "./fts5.ts";

/** Returns the version of the SQLite inside this program, and whether it has FTS5. */
export function sqliteFacts(): { version: string; fts5: boolean } {
  const db = new Database(":memory:");
  try {
    return { version: String(db.query("SELECT sqlite_version()").values()[0]?.[0]), fts5: hasFts5(db) };
  } finally {
    db.close();
  }
}
