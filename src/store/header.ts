import fs from "node:fs";
import path from "node:path";
import { ScenariologError, systemCode, usageError } from "../errors.ts";
import { hasWalContent } from "./read-only.ts";
import { refuseOddSideFiles } from "./side-files.ts";
import { damaged, notADatabase } from "./translate.ts";

/** What a file says about itself before SQLite opens it. */
export interface Header {
  /** It has no bytes yet. */
  readonly empty: boolean;
  /** Its changes go through a write-ahead log. */
  readonly wal: boolean;
}

/**
 * Reads a database's first 100 bytes (https://sqlite.org/fileformat.html#the_database_header). Returns null if its
 * directory exists and the file does not. Throws NO_DATABASE or NOT_A_DATABASE for anything else that is no database.
 */
export function readHeader(file: string): Header | null {
  const start = firstBytes(file);
  refuseOddSideFiles(file);
  if (start === null) return null;
  const { bytes, sizeBytes } = start;
  if (bytes.length === 0) return { empty: true, wal: false };
  if (bytes.length < 100 || bytes.toString("latin1", 0, 16) !== "SQLite format 3\0") throw notADatabase(file);
  // SQLite reads missing bytes as zeros. During a checkpoint the file may have any size.
  const pageBytes = bytes.readUInt16BE(16);
  if (pageBytes > 1 && sizeBytes % pageBytes > 0 && !hasWalContent(file))
    throw damaged(file, "its last page is cut off");
  return { empty: false, wal: bytes[19] === 2 };
}

export function noDatabase(file: string): ScenariologError {
  return new ScenariologError("NO_DATABASE", `no database ${file}`, {
    hint: `check --db, or make one: scenariolog init --db ${file}`,
  });
}

/** The longest path that SQLite opens, with the suffix of a journal (MAX_PATHNAME in its os_unix.c). */
const LONGEST_PATH_BYTES = 512;
const LONGEST_SUFFIX = "-journal";

/** Throws if the file could be created but not opened by SQLite: it would be left behind, empty. */
export function refuseLongName(file: string): void {
  const full = path.join(fs.realpathSync(path.dirname(path.resolve(file))), path.basename(file)) + LONGEST_SUFFIX;
  try {
    if (Buffer.byteLength(full) <= LONGEST_PATH_BYTES) return void fs.lstatSync(full, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) !== "ENAMETOOLONG") return;
  }
  throw new ScenariologError("STORE", `database ${file} cannot be made: its name is too long for SQLite`, {
    hint: "choose a shorter --db, or one in another directory",
  });
}

function firstBytes(file: string): { bytes: Buffer; sizeBytes: number } | null {
  if (file === "") throw usageError("--db is empty", "name the database file: --db FILE");
  let fd: number;
  try {
    // This is asked first, because opening a pipe would wait for its writer.
    if (!fs.statSync(file).isFile()) {
      throw new ScenariologError("NOT_A_DATABASE", `${file} is not a file`, { hint: "check --db" });
    }
    fd = fs.openSync(file, "r");
  } catch (error) {
    if (error instanceof ScenariologError) throw error;
    if (systemCode(error) === "ENOENT" && fs.existsSync(path.dirname(path.resolve(file)))) return null;
    throw unreachable(file, error);
  }
  try {
    const bytes = Buffer.alloc(100);
    return { bytes: bytes.subarray(0, fs.readSync(fd, bytes, 0, 100, 0)), sizeBytes: fs.fstatSync(fd).size };
  } catch (error) {
    throw unreachable(file, error);
  } finally {
    fs.closeSync(fd);
  }
}

function unreachable(file: string, error: unknown): ScenariologError {
  if (systemCode(error) !== "ENOENT") {
    return new ScenariologError("STORE", `database ${file} cannot be read: ${systemCode(error)}`, { cause: error });
  }
  return new ScenariologError("NO_DATABASE", `no directory ${path.dirname(path.resolve(file))} for database ${file}`, {
    hint: "check --db, or make the directory first",
    cause: error,
  });
}
