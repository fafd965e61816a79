import type { Database } from "bun:sqlite";
import { hasFts5 } from "./fts5.ts";
import { type Migration, migrations } from "./migrations.ts";
import type { Schema } from "./schema.ts";

const LEDGER = `CREATE TABLE IF NOT EXISTS scenariolog_migrations (
  name TEXT PRIMARY KEY,
  applied_at TEXT NOT NULL DEFAULT (datetime('now'))
) WITHOUT ROWID`;

/**
 * Brings a database up to date in one immediate transaction, so that each page is written once; it checks again there,
 * because another process may have been faster. An up-to-date file is read once and not written. Returns whether it was
 * up to date.
 */
export function migrate(db: Database, schema: Schema): boolean {
  const missing = missingMigrations(db, schema);
  if (missing.length === 0) return true;
  const fts5 = hasFts5(db);
  db.run("BEGIN IMMEDIATE");
  try {
    db.run(LEDGER);
    for (const migration of missing) if (fts5 || !migration.needsFts5) apply(db, migration);
    db.run("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.run("ROLLBACK");
    throw error;
  }
  return false;
}

/** Returns the migrations that the ledger does not name: all of them if the file has no ledger. */
function missingMigrations(db: Database, schema: Schema): readonly Migration[] {
  if (!schema.tables.has("scenariolog_migrations")) return migrations;
  const names = db.query("SELECT name FROM scenariolog_migrations").values();
  const applied = new Set(names.map(([name]) => name));
  return migrations.filter((migration) => !applied.has(migration.name));
}

function apply(db: Database, migration: Migration): void {
  const inserted = db.run("INSERT OR IGNORE INTO scenariolog_migrations(name) VALUES (?)", [migration.name]);
  if (inserted.changes > 0) for (const statement of migration.statements) db.run(statement);
}
