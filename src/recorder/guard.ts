import fs from "node:fs";
import path from "node:path";
import { fileIdOf } from "../capture/file-id.ts";
import { systemCode } from "../errors.ts";
import { logFilesOfRun } from "../store/log-files.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { realName } from "./log-rows.ts";
import { fileOf } from "./paths.ts";

export interface GuardOptions {
  /** Whether a database may name any file of this machine. */
  readonly allowOutside: boolean;
  /** Absolute paths that the database has as log files of its steps. */
  readonly logFiles: ReadonlySet<string>;
  /** What `fileIdOf` says of the database, which is open. */
  readonly databaseId?: string | null;
}

export type Guarded =
  | { readonly file: string; readonly sizeBytes: number }
  | { readonly file: string; readonly problem: "missing" | "outside" | "unreadable"; readonly reason: string };

/**
 * Names of our files in a log dir: `step-01-stdout.txt`, `step-01-stdout.2.txt`, `step-01-stderr-late.txt`; of a command
 * inside a step `step-01-cmd-03-stdout.txt`; its trace, `step-01-trace.txt`; a copy that was added to it, `step-01-artifact-report.html`.
 */
export const LOG_NAME =
  /^step-\d{2,}-(?:(?:cmd-\d{2,}-)?(?:stdout|stderr)(?:-late)?(?:\.\d+)?\.txt|trace(?:\.\d+)?\.txt|artifact-.+)$/s;

export function guardOptionsOf(store: Store, runId: string, allowOutside: boolean): GuardOptions {
  const logFiles = new Set(logFilesOfRun(store, runId).map(({ file }) => file));
  return { allowOutside, logFiles, databaseId: fileIdOf(path.resolve(store.path)) };
}

/**
 * The file that a stored path means, when it may be read: a regular file within the run's root, links followed; or a
 * log file, by name and not by link, since a log dir may lie elsewhere. A database may come from anyone.
 */
export function guard(run: Run, stored: string, options: GuardOptions): Guarded {
  const file = fileOf(String(run.root_dir), String(stored));
  try {
    const real = fs.realpathSync(file);
    const allowed = options.allowOutside || isWithin(String(run.root_dir), real) || isLog(file, real, options);
    if (!allowed) {
      return { file, problem: "outside", reason: "lies outside the run's root and log directories (--allow-outside)" };
    }
    const stat = fs.statSync(real);
    if (!stat.isFile()) return { file, problem: "unreadable", reason: "is not a regular file" };
    // Whoever opens and closes it beside SQLite takes SQLite's locks away: fcntl locks belong to the process.
    if (options.databaseId && fileIdOf(real) === options.databaseId) {
      return { file, problem: "unreadable", reason: "is the database itself" };
    }
    return { file: real, sizeBytes: stat.size };
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { file, problem: "missing", reason: "is not there" };
    return { file, problem: "unreadable", reason: `cannot be read: ${code ?? error}` };
  }
}

function isWithin(rootDir: string, real: string): boolean {
  const root = fs.realpathSync(path.resolve(rootDir));
  return real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);
}

function isLog(file: string, real: string, { logFiles }: GuardOptions): boolean {
  return LOG_NAME.test(path.basename(file)) && realName(file) === real && (logFiles.has(file) || logFiles.has(real));
}
