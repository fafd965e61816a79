import type { Database } from "bun:sqlite";
import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";

/**
 * File systems that several machines use at once, by statfs(2)'s type. A write-ahead log needs memory that all who have
 * the database open share (https://sqlite.org/wal.html): two machines do not, and what they write damages the file.
 */
const NETWORK: Readonly<Record<number, string>> = {
  26985: "NFS",
  4283649346: "CIFS",
  4266872130: "SMB",
  20859: "SMB",
  16914839: "9p",
};

/**
 * Puts a database into WAL mode or, if that is impossible, into DELETE mode with every commit synced. Returns what to tell
 * the user about that, or null. A file that is in WAL mode already is checked further only with `checkPlace`: it may have
 * been copied here.
 */
export function useJournal(
  db: Database,
  file: string,
  options: { checkPlace: boolean; timeoutMs: number },
): string | null {
  const before = modeOf(db);
  if (before === "wal" && !options.checkPlace) return null;
  const network = networkOf(file);
  if (network === undefined) {
    const mode = before === "wal" ? before : setMode(db, "WAL", options.timeoutMs);
    if (mode === "wal") return null;
    db.run("PRAGMA synchronous = FULL");
    return `SQLite cannot keep a write-ahead log for database ${file}; ${CONSEQUENCE}`;
  }
  if (before === "wal" && setMode(db, "DELETE", 0) === "wal") {
    return `database ${file} is on ${network}, in WAL mode, and in use: let no other machine use it until init could change that`;
  }
  db.run("PRAGMA synchronous = FULL");
  return `database ${file} is on ${network}, where a write-ahead log is not safe; ${CONSEQUENCE}`;
}

const CONSEQUENCE = "it has a rollback journal instead, with which readers and writers wait for each other";

/** Returns undefined for a local file system, and for one that does not say. */
function networkOf(file: string): string | undefined {
  try {
    return NETWORK[fs.statfsSync(path.dirname(fs.realpathSync(file))).type >>> 0];
  } catch {
    return undefined;
  }
}

/** When several processes open a new file, SQLite answers BUSY at once, whatever its timeout. So this retries until ours. */
function setMode(db: Database, mode: "WAL" | "DELETE", timeoutMs: number): string {
  const deadline = Bun.nanoseconds() + timeoutMs * 1e6;
  for (;;) {
    try {
      return modeOf(db, ` = ${mode}`);
    } catch (error) {
      if (!systemCode(error)?.startsWith("SQLITE_BUSY")) throw error;
      if (timeoutMs === 0) return modeOf(db);
      if (Bun.nanoseconds() > deadline) throw error;
      Bun.sleepSync(5 + Math.random() * 15);
    }
  }
}

function modeOf(db: Database, assignment = ""): string {
  return String(db.query(`PRAGMA journal_mode${assignment}`).values()[0]?.[0]);
}
