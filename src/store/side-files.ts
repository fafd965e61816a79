import fs from "node:fs";
import path from "node:path";
import { ScenariologError } from "../errors.ts";

const SUFFIXES = ["-journal", "-wal", "-shm"];

/**
 * Refuses a database if anything but a plain file stands where SQLite keeps its journal, log or shared memory: it would
 * wait for a FIFO, and write through a planted link into whatever that leads to. Throws NOT_A_DATABASE.
 */
export function refuseOddSideFiles(file: string): void {
  const database = realDatabase(file);
  for (const suffix of SUFFIXES) {
    const stat = lstat(database + suffix);
    if (stat === undefined || stat.isFile()) continue;
    throw new ScenariologError("NOT_A_DATABASE", `${database}${suffix} is ${kindOf(stat)}, so ${file} was not opened`, {
      hint: "SQLite keeps a plain file there: remove what is in its place",
    });
  }
}

/**
 * The absolute path beside which SQLite keeps the journal, the log and the shared memory: it follows links to the database
 * first. Of a file that is not there it is the path as given.
 */
export function realDatabase(file: string): string {
  try {
    return fs.realpathSync(path.resolve(file));
  } catch {
    return path.resolve(file);
  }
}

function lstat(file: string): fs.Stats | undefined {
  try {
    return fs.lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined; // also a name too long to have one
  }
}

function kindOf(stat: fs.Stats): string {
  if (stat.isSymbolicLink()) return "a link";
  if (stat.isDirectory()) return "a directory";
  if (stat.isFIFO()) return "a FIFO";
  return stat.isSocket() ? "a socket" : "a device";
}
