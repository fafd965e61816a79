import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";
import { type Artifact, artifactsOf } from "../store/artifacts.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { fileIdOf } from "../sys/file-id.ts";
import { isWithin, realPathOf } from "../sys/real-path.ts";
import { besideDatabase } from "./beside.ts";
import { hashNow } from "./hash.ts";
import { LOG_NAME } from "./log-name.ts";
import { isForeign, movedPlaces } from "./moved-recording.ts";
import { openPlain } from "./plain-file.ts";
import { vouchedDirs } from "./vouched.ts";

/** What the person says about which files of a run may be read. */
export interface Allowance {
  /** Any file that the database names. */
  readonly allowOutside: boolean;
  /** Where the run's root is now; undefined: where the database says. */
  readonly rootDir?: string | undefined;
  /** Is told when files are not where they were recorded and are found in `dir`, which stands for the recorded directory. */
  readonly onMoved?: (recordedDir: string, dir: string) => void;
}

export const NO_ALLOWANCE: Allowance = { allowOutside: false };

export type Found = { readonly file: string; readonly sizeBytes: number };

export interface Refused {
  readonly file: string;
  readonly problem: "missing" | "outside" | "unreadable";
  /** The end of a sentence that begins with the file. */
  readonly reason: string;
}

interface Moved {
  readonly found: Found;
  readonly dir: string;
  readonly isAsRecorded: boolean;
}

type Recorded = Pick<Artifact, "size_bytes" | "sha256">;

/** Larger files of a moved recording are taken for what was recorded if they have its size. */
const MOST_HASHED_BYTES = 64 << 20;

/**
 * Says which of the files that a database names for a run may be read, and where they are. A database may come from
 * anyone, so what it says about its own root counts for nothing. A file may be read if it lies below the directory of the
 * database; if it lies below the run's root or in its log directories and this user's own recorder has noted these (see
 * vouched.ts); or if the user allows it. Everything that reads a run's recorded files asks here.
 *
 * A recording may have been moved: a file that is not where it was recorded, or may not be read there, is looked for beside
 * the database and in --root-dir, and counts if it has the recorded size and hash.
 */
export class Gate {
  readonly #bases: readonly string[];
  /** Where a moved recording may lie. */
  readonly #newRoots: readonly string[];
  readonly #dirs: readonly string[];
  readonly #logDirs: readonly string[];
  readonly #recordedRoot: string | null;
  readonly #databaseId: string | null;
  readonly #moved = new Map<string, Moved | null>();
  #recorded: ReadonlyMap<string, Recorded> | undefined;

  constructor(
    private readonly store: Store,
    private readonly run: Run,
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
    const recorded = isForeign(run.root_dir) ? [] : [run.root_dir];
    this.#bases = [...(rootDir === undefined ? [] : [rootDir]), ...noted, ...recorded];
    this.#newRoots = [said, besideDatabase(store.path)].filter((dir) => dir !== null);
    this.#databaseId = fileIdOf(realPathOf(store.path) ?? store.path);
  }

  /**
   * The file that a stored path means, if it may be read: links are followed, and count for what they lead to. A file of a
   * moved recording that is not what was recorded is "missing", unless `contents` is "any".
   */
  find(stored: string, contents: "as recorded" | "any" = "as recorded"): Found | Refused {
    let refused: Refused | null = null;
    for (const candidate of this.candidates(stored)) {
      const found = this.#look(candidate);
      if (!("problem" in found)) return found;
      if (refused === null || refused.problem === "missing") refused = found;
    }
    const moved = this.#movedTo(stored);
    if (moved !== null && (moved.isAsRecorded || contents === "any")) {
      this.allowance.onMoved?.(
        isBelow(this.run.root_dir, stored) ? this.run.root_dir : path.dirname(stored),
        moved.dir,
      );
      return moved.found;
    }
    refused ??= { file: stored, problem: "missing", reason: "is not there" };
    if (moved === null) return refused;
    return { ...refused, reason: `${refused.reason}, and ${moved.found.file} is not what was recorded` };
  }

  /** Where the file may be if the recording was not moved, absolute, the most likely place first. */
  candidates(stored: string): string[] {
    if (isForeign(stored)) return [];
    if (path.isAbsolute(stored)) return [path.resolve(stored)];
    return [...new Set(this.#bases.map((base) => path.resolve(base, stored)))];
  }

  /** Whether a real path is one that may be read, whatever is there. */
  admits(real: string): boolean {
    if (this.allowance.allowOutside || this.#dirs.some((dir) => isWithin(dir, real))) return true;
    return LOG_NAME.test(path.basename(real)) && this.#logDirs.includes(path.dirname(real));
  }

  /** The first file that is as it was recorded; else the first file at all; null if there is none. */
  #movedTo(stored: string): Moved | null {
    const known = this.#moved.get(stored);
    if (known !== undefined) return known;
    let moved: Moved | null = null;
    for (const { file, dir } of movedPlaces(this.#newRoots, this.run.root_dir, stored)) {
      const found = this.#look(file);
      if ("problem" in found) continue;
      const isAsRecorded = this.#isAsRecorded(stored, found);
      if (isAsRecorded || moved === null) moved = { found, dir, isAsRecorded };
      if (isAsRecorded) break;
    }
    this.#moved.set(stored, moved);
    return moved;
  }

  /** True for a file whose size and hash nobody recorded: a source, or a log that was not finished. */
  #isAsRecorded(stored: string, { file, sizeBytes }: Found): boolean {
    this.#recorded ??= new Map(artifactsOf(this.store, this.run.run_id).map((one) => [String(one.path), one]));
    const { size_bytes: size = null, sha256 = null } = this.#recorded.get(stored) ?? {};
    if (size !== null && size !== sizeBytes) return false;
    if (sha256 === null || sizeBytes > MOST_HASHED_BYTES) return true;
    try {
      return hashNow(file, sizeBytes) === String(sha256).toLowerCase();
    } catch {
      return false;
    }
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

function isBelow(rootDir: string, stored: string): boolean {
  return !(isForeign(stored) || path.isAbsolute(stored)) || stored.startsWith(`${rootDir}/`);
}

/** Opens what the gate has found, and nothing that was put in its place since. Throws the system's error. */
export function openFound({ file }: Found): number {
  return openPlain(file, { exact: true });
}
