import path from "node:path";
import type { PendingRows } from "../rows/pending-rows.ts";
import { pendingFileName, writeDurably } from "./files.ts";
import { encodePending } from "./format.ts";
import { linkTo, makeSpool, realDir, sweep } from "./places.ts";

/**
 * Where rows wait: beside the logs; if that disk is full or read-only as well, in this user's own directory below the
 * one for temporary files, which mostly lies on another file system, can be written by everyone, and is found again by
 * whoever names the same database. Links there lead to the log dirs in which rows wait: so whoever opens a database knows
 * by one look whether there are any, and `run end`, which is not told the log dir, finds them. Returns the file. Throws the
 * system's error if neither takes it.
 */
export function savePending(rows: PendingRows, logDir: string): string {
  const name = pendingFileName(rows.attempt?.step.num ?? null);
  const text = encodePending(rows);
  sweep();
  try {
    const file = path.join(realDir(logDir), name);
    writeDurably(file, text);
    linkTo(rows.database, logDir);
    return file;
  } catch {
    const dir = makeSpool(rows.database);
    if (dir === null) throw new Error("no directory for temporary files can be used");
    const file = path.join(realDir(dir), name);
    writeDurably(file, text);
    return file;
  }
}

/** The same rows, further on, in the file that they are in. False if there is no room for it. */
export function savePendingAgain(rows: PendingRows, file: string): boolean {
  try {
    writeDurably(file, encodePending(rows));
    return true;
  } catch {
    return false;
  }
}
