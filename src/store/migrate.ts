import type { Database } from "bun:sqlite";
import { hasFts5 } from "./fts5.ts";
import { type Migration, migrations } from "./migrations.ts";
import type { Schema } from "./schema.ts";

const LEDGER = `CREATE TABLE IF NOT EXISTS scenariolog_migrations (
  name TEXT PRIMARY KEY,
  applied_at TEXT NOT NULL DEFAULT (datetime('now'))
) WITHOUT ROWID`;

/**
 * Brings a database up to date: each missing migration in an immediate transaction of its own, which looks once more
 * whether another process was faster. An up-to-date file is read once and not written. Returns whether it was.
 */
export function migrate(db: Database, schema: Schema): boolean {
  const missing = missingMigrations(db, schema);
  if (missing.length === 0) return true;
  const fts5 = hasFts5(db);
  for (const migration of missing) {
    if (migration.needsFts5 && !fts5) continue;
    apply(db, migration);
  }
  return false;
}

/** Migrations that the ledger does not name. A file without a ledger misses all of them. */
function missingMigrations(db: Database, schema: Schema): readonly Migration[] {
  if (!schema.tables.has("scenariolog_migrations")) return migrations;
  const names = db.query("SELECT name FROM scenariolog_migrations").values();
  const applied = new Set(names.map(([name]) => name));
  return migrations.filter((migration) => !applied.has(migration.name));
}

function apply(db: Database, migration: Migration): void {
  db.run("BEGIN IMMEDIATE");
  try {
    db.run(LEDGER);
    const inserted = db.run("INSERT OR IGNORE INTO scenariolog_migrations(name) VALUES (?)", [migration.name]);
    if (inserted.changes > 0) for (const statement of migration.statements) db.run(statement);
    db.run("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.run("ROLLBACK");
    throw error;
  }
}
