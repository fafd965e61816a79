import { constants, Database } from "bun:sqlite";
import fs from "node:fs";
import path from "node:path";
import { ScenariologError, systemCode, usageError } from "../errors.ts";
import { hasFts5 } from "./fts5.ts";
import { migrate } from "./migrate.ts";
import { Store } from "./store.ts";
import { notADatabase, translate } from "./translate.ts";

/** The only `user_version` that both builds accept. */
export const SCHEMA_VERSION = 1;

const BUSY_TIMEOUT_MS = 5000;

/**
 * Opens a database for writing and brings its schema up to date. With `create`, a missing or empty file becomes a
 * database; without, a missing one is an error and nothing is made. A file that is no database, or of a newer schema,
 * is refused before anything is written.
 */
export function openForWriting(file: string, options: { create: boolean }): Store {
  const header = readHeader(file);
  if (header === null && !options.create) throw noDatabase(file);
  checkHeader(file, header);
  return opening(file, () => {
    // The full path, so that a name like ":memory:" is a file like any other.
    const db = new Database(path.resolve(file), { create: options.create, readwrite: true });
    try {
      db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      checkVersion(db, file);
      useWal(db);
      db.run("PRAGMA foreign_keys = ON");
      db.run("PRAGMA synchronous = NORMAL");
      migrate(db);
      return new Store(db, file, hasIndex(db), false);
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Opens a database to read from: never creates, migrates or writes, and works in a directory that is read-only. */
export function openForReading(file: string): Store {
  const header = readHeader(file);
  if (header === null) throw noDatabase(file);
  checkHeader(file, header);
  return opening(file, () => {
    const db = openReadOnly(file);
    try {
      checkVersion(db, file);
      if (!db.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'scenario_runs'").get()) {
        throw new ScenariologError("STORE", `database ${file} holds no scenariolog tables`, {
          hint: "check --db, or make it one: scenariolog init --db FILE",
        });
      }
      return new Store(db, file, hasIndex(db), true);
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function hasIndex(db: Database): boolean {
  return hasFts5(db) && db.query("SELECT 1 FROM sqlite_master WHERE name = 'log_lines_fts'").get() !== null;
}

function opening(file: string, work: () => Store): Store {
  try {
    return work();
  } catch (error) {
    throw translate(error, file);
  }
}

/**
 * A reader of a WAL database needs its shared-memory file, which it cannot make in a read-only directory: nobody else
 * can write there either (as long as no log of unread changes is left), so the file may be read as immutable.
 */
function openReadOnly(file: string): Database {
  const open = (name: string) => {
    const db = new Database(name, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI);
    try {
      db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      db.query("SELECT 1 FROM sqlite_master LIMIT 1").get();
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  };
  const uri = `file:${encodeURI(path.resolve(file)).replaceAll("?", "%3f").replaceAll("#", "%23")}`;
  try {
    return open(uri);
  } catch (error) {
    const code = systemCode(error) ?? "";
    const cannotShare = code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY");
    if (!cannotShare || hasWalContent(file)) throw error;
    return open(`${uri}?immutable=1`);
  }
}

function hasWalContent(file: string): boolean {
  return (fs.statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** In the race of a first opening SQLite answers BUSY at once, whatever the timeout: tried again, bounded by it. */
function useWal(db: Database): void {
  if (journalMode(db, "PRAGMA journal_mode") === "wal") return;
  const deadline = Bun.nanoseconds() + BUSY_TIMEOUT_MS * 1e6;
  for (;;) {
    try {
      journalMode(db, "PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (!systemCode(error)?.startsWith("SQLITE_BUSY") || Bun.nanoseconds() > deadline) throw error;
      Bun.sleepSync(5 + Math.random() * 15);
    }
  }
}

function journalMode(db: Database, sql: string): string {
  return String(db.query(sql).values()[0]?.[0]);
}

function checkVersion(db: Database, file: string): void {
  const version = Number(db.query("PRAGMA user_version").values()[0]?.[0]);
  if (version > SCHEMA_VERSION || version < 0) throw newerSchema(file, version);
}

/** The first 100 bytes, which every SQLite file begins with; fewer from a short file; null when there is no file. */
function readHeader(file: string): Uint8Array | null {
  if (file === "") throw usageError("--db is empty", "name the database file: --db FILE");
  let fd: number;
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile()) throw new ScenariologError("NOT_A_DATABASE", `${file} is not a file`, { hint: "check --db" });
    fd = fs.openSync(file, "r");
  } catch (error) {
    if (error instanceof ScenariologError) throw error;
    if (systemCode(error) === "ENOENT") {
      const dir = path.dirname(path.resolve(file));
      if (fs.existsSync(dir)) return null;
      throw new ScenariologError("NO_DATABASE", `no directory ${dir} for database ${file}`, {
        hint: "check --db, or make the directory first",
        cause: error,
      });
    }
    throw new ScenariologError("STORE", `database ${file} cannot be read: ${systemCode(error)}`, { cause: error });
  }
  try {
    const header = new Uint8Array(100);
    return header.subarray(0, fs.readSync(fd, header, 0, 100, 0));
  } finally {
    fs.closeSync(fd);
  }
}

/** Refuses by the header alone (https://sqlite.org/fileformat.html#the_database_header) what must stay untouched. */
function checkHeader(file: string, header: Uint8Array | null): void {
  if (header === null || header.length === 0) return;
  const magic = "SQLite format 3\0";
  if (header.length < 100 || Buffer.from(header.subarray(0, 16)).toString("latin1") !== magic) throw notADatabase(file);
  const version = new DataView(header.buffer).getInt32(60);
  if (version > SCHEMA_VERSION || version < 0) throw newerSchema(file, version);
}

function newerSchema(file: string, version: number): ScenariologError {
  return new ScenariologError(
    "NEWER_SCHEMA",
    `database ${file} has schema version ${version}; this program knows version ${SCHEMA_VERSION}`,
    { hint: "use a newer scenariolog, or another file; this one was left untouched" },
  );
}

function noDatabase(file: string): ScenariologError {
  return new ScenariologError("NO_DATABASE", `no database ${file}`, {
    hint: `check --db, or make one: scenariolog init --db ${file}`,
  });
}
