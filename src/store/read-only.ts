import { constants, Database } from "bun:sqlite";
import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";
import { os } from "../sys/node-os.ts";
import { realDatabase } from "./side-files.ts";

/**
 * Opens a connection that changes nothing. SQLite reads a database in WAL mode only with a log and a shared-memory file
 * beside it. If they are missing, a connection that may write makes them and takes them away again, while a read-only one
 * would leave them behind. If they are there, only a read-only connection leaves the log as it is.
 */
export function connectToRead(given: string, busyTimeoutMs: number, wal: boolean): Database {
  const file = realDatabase(given);
  const tidy = wal && !hasWalContent(file) && !fs.existsSync(`${file}-journal`);
  const uri = uriOf(file);
  try {
    return connect(uri, busyTimeoutMs, tidy ? constants.SQLITE_OPEN_READWRITE : constants.SQLITE_OPEN_READONLY);
  } catch (error) {
    if (!cannotShare(error)) throw error;
    // The directory is read-only, so nobody writes; or a writer that died left a journal, which would have to be rolled
    // back. The file may be read as it is if there is nothing else.
    return hasWalContent(file) || fs.existsSync(`${file}-journal`)
      ? connectToCopy(file, busyTimeoutMs)
      : connect(`${uri}?immutable=1`, busyTimeoutMs, constants.SQLITE_OPEN_READONLY);
  }
}

/**
 * Opens a read-only connection beside one that this process has open for writing: if that closes first, neither of them is
 * the last one that could move the log into the file. Returns null if nothing can be read there.
 */
export function openReader(file: string): Database | null {
  try {
    return connect(uriOf(file), 0, constants.SQLITE_OPEN_READONLY);
  } catch {
    return null;
  }
}

/** Whether there is a log with changes that the database file itself may not have yet. */
export function hasWalContent(file: string): boolean {
  return (logBytes(file) ?? 0) > 0;
}

/** Whether there is a log: readers left it, others have the database open, or a writer died. */
export function hasWal(file: string): boolean {
  return logBytes(file) !== undefined;
}

function logBytes(file: string): number | undefined {
  try {
    return fs.statSync(`${realDatabase(file)}-wal`, { throwIfNoEntry: false })?.size;
  } catch {
    return undefined; // a name too long to have one
  }
}

function uriOf(file: string): string {
  return `file:${encodeURI(path.resolve(file)).replaceAll("?", "%3f").replaceAll("#", "%23")}`;
}

function connect(uri: string, busyTimeoutMs: number, flags: number): Database {
  const db = new Database(uri, flags | constants.SQLITE_OPEN_URI);
  try {
    db.run(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
    db.run("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF");
    db.query("SELECT 1 FROM sqlite_master LIMIT 1").get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function cannotShare(error: unknown): boolean {
  const code = systemCode(error) ?? "";
  return code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY");
}

/**
 * A log without its shared memory in a read-only directory (a crashed run, archived), or a journal that has not been rolled
 * back, can be read without changing anything only in a copy.
 */
function connectToCopy(file: string, busyTimeoutMs: number): Database {
  const dir = fs.mkdtempSync(path.join(os().tmpdir(), "scenariolog-read-"));
  try {
    const copy = path.join(dir, "copy.db");
    for (const suffix of ["", "-wal", "-journal"]) {
      if (fs.existsSync(file + suffix)) fs.copyFileSync(file + suffix, copy + suffix);
    }
    return connect(`file:${encodeURI(copy)}`, busyTimeoutMs, constants.SQLITE_OPEN_READWRITE);
  } finally {
    try {
      fs.rmSync(dir, { recursive: true, force: true }); // an open file outlives its name
    } catch {
      // On Windows an open file keeps its name: the system cleans its temporary files.
    }
  }
}
