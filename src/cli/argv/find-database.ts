import fs from "node:fs";
import path from "node:path";

/** What `record` makes unless it is told otherwise, and what the other verbs look for. */
export const DATABASE_NAME = ".scenario-run.db";

/**
 * The nearest `.scenario-run.db` in a directory or one above it, absolute; null if there is none. The search ends with the root
 * of a repository, the home directory, and the edge of a file system: what lies beyond belongs to something else. A file of
 * another user is passed over, since whoever can write to a directory above could plant one.
 */
export function findDatabase(from: string, home: string | undefined = process.env.HOME): string | null {
  let dir: string;
  try {
    dir = fs.realpathSync(from);
  } catch {
    return null;
  }
  const homeDir = realPathOf(home);
  for (;;) {
    const file = path.join(dir, DATABASE_NAME);
    if (isOwnFile(file)) return file;
    const parent = path.dirname(dir);
    const isEdge = parent === dir || dir === homeDir || isRepositoryRoot(dir) || !isSameFileSystem(dir, parent);
    if (isEdge) return null;
    dir = parent;
  }
}

/** A link counts if both it and its target are this user's. */
function isOwnFile(file: string): boolean {
  try {
    const uid = process.geteuid?.();
    const isOwn = (stat: fs.Stats) => uid === undefined || stat.uid === uid;
    const stat = fs.statSync(file);
    return stat.isFile() && isOwn(stat) && isOwn(fs.lstatSync(file));
  } catch {
    return false;
  }
}

/** In a worktree or a submodule `.git` is a file. */
function isRepositoryRoot(dir: string): boolean {
  return fs.lstatSync(path.join(dir, ".git"), { throwIfNoEntry: false }) !== undefined;
}

function isSameFileSystem(dir: string, parent: string): boolean {
  try {
    return fs.statSync(dir).dev === fs.statSync(parent).dev;
  } catch {
    return false;
  }
}

function realPathOf(dir: string | undefined): string | undefined {
  try {
    return dir && fs.realpathSync(dir);
  } catch {
    return undefined;
  }
}
