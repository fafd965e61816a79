import fs from "node:fs";
import path from "node:path";
import { readPlain } from "../../../files/plain-file.ts";

/** A working tree with its repository, all of whose parts belong to this user. */
export interface Repository {
  /** The working tree's top directory, real path. */
  readonly tree: string;
  /** Holds HEAD and the index; of a linked working tree its own. */
  readonly gitDir: string;
  /** Holds references and objects; `gitDir`, but for linked working trees. */
  readonly commonDir: string;
}

/** A file of git's that names one thing: HEAD, a loose reference, commondir. */
const SHORT_BYTES = 4096;

/**
 * The repository that a directory is in, found as git finds it: upwards to the nearest `.git`, not beyond the file
 * system. Null where there is none, and where any part of it belongs to somebody else: like git itself, the recorder
 * reads nothing that another user has prepared (safe.directory in git-config(1)). Throws the system's errors.
 */
export function repositoryOf(dir: string): Repository | null {
  const start = fs.realpathSync(dir);
  const { dev } = fs.statSync(start);
  for (let tree = start; fs.statSync(tree).dev === dev; tree = path.dirname(tree)) {
    const entry = path.join(tree, ".git");
    const stat = fs.statSync(entry, { throwIfNoEntry: false });
    if (stat !== undefined) {
      // Never looked for above: a directory with something of this name is the root of its repository.
      const gitDir = stat.isDirectory() ? entry : namedDir(entry, tree, "gitdir: ");
      if (gitDir === null || !owns(tree) || !owns(gitDir)) return null;
      const shared = path.join(gitDir, "commondir");
      const commonDir = fs.existsSync(shared) ? namedDir(shared, gitDir, "") : gitDir;
      return commonDir === null || !owns(commonDir) ? null : { tree, gitDir, commonDir };
    }
    if (tree === path.dirname(tree)) return null;
  }
  return null;
}

/** The text of a short file of git's. Null when there is none to be read: a FIFO, a device, another user's file. */
export function shortText(file: string): string | null {
  return gitFile(file, SHORT_BYTES)?.toString("utf8").trimEnd() ?? null;
}

/** A file of git's. Null when it is larger than `maxBytes`, not a regular file, another user's, or not there. */
export function gitFile(file: string, maxBytes: number): Buffer | null {
  return readPlain(file, maxBytes, owners());
}

function namedDir(file: string, base: string, prefix: string): string | null {
  const text = shortText(file);
  if (text === null || !text.startsWith(prefix) || text.includes("\0")) return null;
  const dir = path.resolve(base, text.slice(prefix.length));
  return fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory() ? dir : null;
}

function owns(dir: string): boolean {
  return owners()?.has(fs.statSync(dir).uid) ?? true;
}

/** This user; for root also whoever called sudo, as for git. Null where files have no owners. */
function owners(): ReadonlySet<number> | null {
  const uid = process.geteuid?.();
  if (uid === undefined) return null;
  const behindSudo = uid === 0 ? Number(process.env.SUDO_UID) : Number.NaN;
  return new Set([uid, ...(Number.isInteger(behindSudo) ? [behindSudo] : [])]);
}
