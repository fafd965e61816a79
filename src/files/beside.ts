import fs from "node:fs";
import path from "node:path";
import { os } from "../sys/node-os.ts";
import { isWithin, realPathOf } from "../sys/real-path.ts";

/**
 * The directory that a database lies in, real path: what is below it came with the database, or belongs to whoever put it
 * there. Null where the place says nothing: the home directory or one above it, where a file that somebody sent may have
 * been saved, and a directory for everybody's temporary files.
 */
export function besideDatabase(database: string): string | null {
  const file = realPathOf(database);
  if (file === null) return null;
  const dir = path.dirname(file);
  const home = realPathOf(process.env.HOME || os().homedir());
  if (home !== null && isWithin(dir, home)) return null;
  return isShared(dir) ? null : dir;
}

/** Writable for everybody, each for files of their own: /tmp. */
function isShared(dir: string): boolean {
  const STICKY_AND_WORLD_WRITABLE = 0o1002;
  const { mode } = fs.statSync(dir);
  return (mode & STICKY_AND_WORLD_WRITABLE) === STICKY_AND_WORLD_WRITABLE;
}
