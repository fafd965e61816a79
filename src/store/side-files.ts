import fs from "node:fs";
import path from "node:path";
import { ScenariologError } from "../errors.ts";

const SUFFIXES = ["-journal", "-wal", "-shm"];

/**
 * Refuses a database beside which something else than a plain file stands where SQLite keeps its journal, log or shared
 * memory: it would wait for a FIFO, and write through a link that somebody planted into whatever that leads to. Throws
 * NOT_A_DATABASE.
 */
export function refuseOddSideFiles(file: string): void {
  const database = realPath(file);
  for (const suffix of SUFFIXES) {
    const stat = lstat(database + suffix);
    if (stat === undefined || stat.isFile()) continue;
    throw new ScenariologError("NOT_A_DATABASE", `${database}${suffix} is ${kindOf(stat)}, so ${file} was not opened`, {
      hint: "SQLite keeps a plain file there: remove what is in its place",
    });
  }
}

/** SQLite follows links to the database itself, and looks for the other files beside what they lead to. */
function realPath(file: string): string {
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
