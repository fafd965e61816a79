import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { fileIdOf } from "../sys/file-id.ts";
import { isWithin, realPathOf } from "../sys/real-path.ts";
import { besideDatabase } from "./beside.ts";
import { LOG_NAME } from "./log-name.ts";
import { openPlain } from "./plain-file.ts";
import { vouchedDirs } from "./vouched.ts";

/** What the person says about which files of a run may be read. */
export interface Allowance {
  /** Any file that the database names. */
  readonly allowOutside: boolean;
  /** Where the run's root is now; undefined: where the database says. */
  readonly rootDir?: string | undefined;
}

export const NO_ALLOWANCE: Allowance = { allowOutside: false };

export type Found = { readonly file: string; readonly sizeBytes: number };

export interface Refused {
  readonly file: string;
  readonly problem: "missing" | "outside" | "unreadable";
  /** The end of a sentence that begins with the file. */
  readonly reason: string;
}

/**
 * Says which of the files that a database names for a run may be read, and where they are. A database may come from
 * anyone, so that what it says about its own root counts for nothing: readable is what lies below the directory of the
 * database; below the run's root and in its log directories, where this user's own recorder has noted these (see
 * vouched.ts); and what the person allows. All that reads a run's recorded files asks here.
 */
export class Gate {
  readonly #bases: readonly string[];
  readonly #dirs: readonly string[];
  readonly #logDirs: readonly string[];
  readonly #recordedRoot: string | null;
  readonly #databaseId: string | null;

  constructor(
    store: Store,
    run: Run,
    private readonly allowance: Allowance,
  ) {
    const { rootDir } = allowance;
    const vouched = vouchedDirs(store, run);
    const dirsOf = (wanted: string) => vouched.filter(({ kind }) => kind === wanted).map(({ dir }) => dir);
    const own = dirsOf("root");
    const said = rootDir === undefined ? null : realPathOf(rootDir);
    this.#recordedRoot = realPathOf(run.root_dir);
    this.#dirs = [besideDatabase(store.path), said, ...own].filter((dir) => dir !== null);
    this.#logDirs = dirsOf("log");
    // A root that was given as `.` is no longer where we are; what it was then is noted.
    const noted = path.isAbsolute(run.root_dir) ? [] : own;
    this.#bases = [...(rootDir === undefined ? [] : [rootDir]), ...noted, run.root_dir];
    this.#databaseId = fileIdOf(realPathOf(store.path) ?? store.path);
  }

  /** The file that a stored path means, if it may be read: links are followed, and count for what they lead to. */
  find(stored: string): Found | Refused {
    let refused: Refused | null = null;
    for (const candidate of this.candidates(stored)) {
      const found = this.#look(candidate);
      if (!("problem" in found)) return found;
      if (refused === null || refused.problem === "missing") refused = found;
    }
    return refused!;
  }

  /** Where the file may be now, absolute, the most likely place first: at least one. */
  candidates(stored: string): string[] {
    return [...new Set(this.#bases.map((base) => path.resolve(base, stored)))];
  }

  /** Whether a real path is one that may be read, whatever is there. */
  admits(real: string): boolean {
    if (this.allowance.allowOutside || this.#dirs.some((dir) => isWithin(dir, real))) return true;
    return LOG_NAME.test(path.basename(real)) && this.#logDirs.includes(path.dirname(real));
  }

  #look(file: string): Found | Refused {
    try {
      const real = fs.realpathSync(file);
      if (!this.admits(real)) return { file, problem: "outside", reason: this.#whyOutside(real) };
      const stat = fs.lstatSync(real);
      if (!stat.isFile()) return { file, problem: "unreadable", reason: "is not a regular file" };
      // Whoever opens and closes it beside SQLite takes SQLite's locks away: fcntl locks belong to the process.
      if (this.#databaseId !== null && fileIdOf(real) === this.#databaseId) {
        return { file, problem: "unreadable", reason: "is the database itself" };
      }
      return { file: real, sizeBytes: stat.size };
    } catch (error) {
      const code = systemCode(error);
      if (code === "ENOENT" || code === "ENOTDIR") return { file, problem: "missing", reason: "is not there" };
      return { file, problem: "unreadable", reason: `cannot be read: ${code ?? error}` };
    }
  }

  #whyOutside(real: string): string {
    const root = this.#recordedRoot;
    return root !== null && isWithin(root, real)
      ? "lies outside the database's directory, in a root that only the database vouches for (--root-dir DIR if it is yours, or --allow-outside)"
      : "lies outside the run's root and log directories (--allow-outside)";
  }
}

/** Opens what the gate has found, and nothing that was put in its place since. Throws the system's error. */
export function openFound({ file }: Found): number {
  return openPlain(file, { exact: true });
}
