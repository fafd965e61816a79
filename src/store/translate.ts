import fs from "node:fs";
import { dirname, resolve } from "node:path";
import { ScenariologError } from "../errors.ts";

/** Turns SQLite's error into one line for a person. Returns any other error as it is. */
export function translate(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error;
  const { code, message } = error;
  const is = (family: string) => code === family || code.startsWith(`${family}_`);
  const options = { cause: error };
  if (is("SQLITE_BUSY") || is("SQLITE_LOCKED")) {
    return new ScenariologError("LOCKED", `database ${path} is locked by another process`, {
      ...options,
      hint: "wait for the other process, or see who holds it: fuser -v FILE",
    });
  }
  // SQLite distinguishes a full disk from a broken one only when it writes the database file itself.
  if (is("SQLITE_FULL") || (is("SQLITE_IOERR") && isFull(path))) {
    return new ScenariologError("DISK_FULL", `no space left to write database ${path}`, {
      ...options,
      hint: "free some space and run it again",
    });
  }
  if (is("SQLITE_NOTADB")) return notADatabase(path, options);
  if (is("SQLITE_CORRUPT")) return damaged(path, message, options);
  if (is("SQLITE_READONLY")) {
    return new ScenariologError("READ_ONLY", `database ${path} cannot be written: ${message}`, {
      ...options,
      hint: "check the permissions of the file and of its directory",
    });
  }
  if (is("SQLITE_CANTOPEN") || is("SQLITE_IOERR") || is("SQLITE_PERM")) {
    return new ScenariologError("STORE", `database ${path} cannot be used: ${message}`, {
      ...options,
      hint: "check that the file and its directory exist, are readable and writable, and have space left",
    });
  }
  return new ScenariologError("STORE", `database ${path}: ${message}`, options);
}

function isFull(file: string): boolean {
  try {
    const { bavail, files, ffree } = fs.statfsSync(dirname(resolve(file)));
    return bavail === 0 || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}

export function notADatabase(path: string, options: { cause?: unknown } = {}): ScenariologError {
  return new ScenariologError("NOT_A_DATABASE", `${path} is not an SQLite database`, {
    ...options,
    hint: "check --db; the file was left untouched",
  });
}

export function damaged(path: string, detail: string, options: { cause?: unknown } = {}): ScenariologError {
  return new ScenariologError("DAMAGED", `database ${path} is damaged: ${detail}`, {
    ...options,
    hint: `see what is left of it: sqlite3 '${path}' .recover`,
  });
}

/** Whether SQLite raised the error for a statement's own text: a MATCH expression that does not parse. */
export function isStatementError(error: unknown): boolean {
  const cause = error instanceof ScenariologError ? error.cause : error;
  return isSqliteError(cause) && (cause.code === "SQLITE_ERROR" || cause.errno === 1);
}

function isSqliteError(error: unknown): error is Error & { code: string; errno: number } {
  return error instanceof Error && error.name === "SQLiteError";
}
