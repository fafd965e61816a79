import { Database } from "bun:sqlite";
import fs from "node:fs";
import path from "node:path";
import { ScenariologError } from "../errors.ts";
import { hasFts5 } from "./fts5.ts";
import { noDatabase, readHeader, refuseLongName } from "./header.ts";
import { useJournal } from "./journal-mode.ts";
import { migrate } from "./migrate.ts";
import { connectToRead, hasWal, hasWalContent, openReader } from "./read-only.ts";
import { type Schema, schemaOf } from "./schema.ts";
import { refuseHostile } from "./schema-check.ts";
import { Store } from "./store.ts";
import { BUSY_TIMEOUT_MS } from "./transactions.ts";
import { translate } from "./translate.ts";

/** The settings of a connection that writes. */
const WRITING = `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;
  PRAGMA trusted_schema = OFF`;

/** The only `user_version` that both builds accept. */
export const SCHEMA_VERSION = 1;

/**
 * Opens a database for writing and brings its schema up to date. With `create` a missing or empty file becomes a database;
 * without it that is an error, and no file is made. Throws before it writes anything if the file is no database, has a newer
 * schema, or belongs to another program.
 */
export function openForWriting(file: string, options: { create: boolean }): Store {
  const header = readHeader(file);
  if (header === null && !options.create) throw noDatabase(file);
  if (header?.empty && !options.create) throw holdsNothing(file);
  const foundLog = hasWal(file);
  if (header === null) {
    refuseLongName(file);
    makeFile(file);
  }
  return using(
    // The path is absolute, so that a name like ":memory:" is a file like any other.
    () => new Database(path.resolve(file), { create: options.create, readwrite: true }),
    file,
    (db) => {
      db.run(WRITING);
      // Background transactions take checkpoints: see WriteAheadLog.
      db.run("PRAGMA wal_autocheckpoint = 0");
      const schema = schemaOf(db);
      refuseStrange(schema, file);
      // A new file gets its tables before its write-ahead log, which would hold each page once more.
      const isNew = schema.empty && schema.userVersion === 0;
      // `prune` can then give space back in small steps. It has no effect after the first table.
      if (isNew) db.run("PRAGMA auto_vacuum = INCREMENTAL");
      const isCurrent = isNew ? migrate(db, schema) : undefined;
      const caveat = useJournal(db, file, { checkPlace: options.create, timeoutMs: BUSY_TIMEOUT_MS });
      return storeOf(db, (isCurrent ?? migrate(db, schema)) ? schema : schemaOf(db), file, caveat).join(foundLog);
    },
  );
}

/**
 * Opens a further connection to a database that this process has open for writing already. Nothing but SQLite may open the
 * file then: when a process closes any descriptor of a file, the kernel drops all its locks on that file. Another process
 * would then take itself for the last one, and delete the log that is being written.
 */
export function openAgain(file: string): Store {
  return using(
    () => new Database(path.resolve(file), { create: false, readwrite: true }),
    file,
    (db) => {
      db.run(WRITING);
      return storeOf(db, schemaOf(db), file);
    },
  );
}

/**
 * Opens a database to read it as it is at one moment. It never creates, migrates or changes one, and works in a read-only
 * directory.
 */
export function openForReading(file: string): Store {
  const header = readHeader(file);
  if (header === null) throw noDatabase(file);
  return using(
    () => connectToRead(file, BUSY_TIMEOUT_MS, header.wal),
    file,
    (db) => {
      db.run("BEGIN");
      const schema = schemaOf(db);
      refuseStrange(schema, file);
      if (!schema.tables.has("scenario_runs")) throw holdsNothing(file);
      return storeOf(db, schema, file);
    },
  );
}

/** Creates the file, because SQLite would make one that the group cannot write to, whatever the umask says. */
function makeFile(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, "a", 0o666));
  } catch {
    // SQLite says why.
  }
}

/** Closes the connection if `work` fails, and translates SQLite's errors. */
function using<T>(connect: () => Database, file: string, work: (db: Database) => T): T {
  try {
    const db = connect();
    try {
      return work(db);
    } catch (error) {
      closeUntouched(db, file);
      throw error;
    }
  } catch (error) {
    throw translate(error, file);
  }
}

/**
 * Closes without a change. A connection that may write moves the log into the file if it is the last to close; a read-only
 * one that is still open keeps it from that.
 */
function closeUntouched(db: Database, file: string): void {
  const reader = hasWalContent(file) ? openReader(file) : null;
  db.close();
  reader?.close();
}

function storeOf(db: Database, schema: Schema, file: string, caveat: string | null = null): Store {
  const fts5 = hasFts5(db);
  return new Store(db, file, fts5, fts5 && schema.tables.has("log_lines_fts"), schema.tables, caveat);
}

/** Throws for a newer schema, for one that no recorder makes, and for another program's database. */
function refuseStrange(schema: Schema, file: string): void {
  const { userVersion, tables, empty } = schema;
  if (userVersion < 0 || userVersion > SCHEMA_VERSION) {
    throw new ScenariologError(
      "NEWER_SCHEMA",
      `database ${file} has schema version ${userVersion}; this program knows version ${SCHEMA_VERSION}`,
      { hint: "use a newer scenariolog, or another file; this one was left untouched" },
    );
  }
  if (tables.has("scenario_runs") || empty) {
    refuseHostile(schema, file);
    return;
  }
  throw new ScenariologError(
    "NOT_A_DATABASE",
    `database ${file} belongs to another program: it has no scenariolog tables`,
    {
      hint: "check --db; the file was left untouched",
    },
  );
}

function holdsNothing(file: string): ScenariologError {
  return new ScenariologError("NO_DATABASE", `database ${file} is empty`, {
    hint: `check --db, or make it one: scenariolog init --db ${file}`,
  });
}
