import fs from "node:fs";
import path from "node:path";
import { messageOf, systemCode } from "../../errors.ts";
import { Gate, NO_ALLOWANCE } from "../../files/gate.ts";
import { LOG_NAME } from "../../files/log-name.ts";
import { defaultLogDir } from "../../files/paths.ts";
import { claimedFiles, filesOfPrunedRun, type PrunedRun } from "../../store/prune.ts";
import type { Store } from "../../store/store.ts";
import { fileIdOf } from "../../sys/file-id.ts";
import { realPathOf } from "../../sys/real-path.ts";

export interface DeletedFiles {
  readonly files: number;
  readonly bytes: number;
  /** A line each: what could not be deleted, or was left for a reason that the user should know. */
  readonly problems: readonly string[];
}

/** Files that runs still have, by name: made when it is first asked for, as it looks at all artifacts. */
export class Claims {
  #files: Set<string> | undefined;

  constructor(private readonly store: Store) {}

  has(real: string): boolean {
    this.#files ??= this.#all();
    return this.#files.has(real);
  }

  #all(): Set<string> {
    const dirs = new Map<string, string>();
    const realDir = (dir: string) => {
      const known = dirs.get(dir) ?? realPathOf(dir) ?? dir;
      dirs.set(dir, known);
      return known;
    };
    const all = new Set<string>();
    for (const { root_dir: root, path: stored } of claimedFiles(this.store)) {
      const file = path.resolve(root, stored);
      all.add(path.join(realDir(path.dirname(file)), path.basename(file)));
    }
    return all;
  }
}

/**
 * Deletes the log files of a pruned run, and its log directories if they are empty then. Only what has a recorder's name for a
 * log, what the gate lets this user read, what no other run has, and what is still the file that was recorded: a report that
 * a step kept where it lay is the user's own. Never throws.
 */
export function deleteFiles(store: Store, run: PrunedRun, claims: Claims): DeletedFiles {
  // An orphan may have no root: then only absolute paths beside the database count.
  const gate = new Gate(
    store,
    { ...run, suite: null, completed_at: null, exit_code: null, duration_ms: null },
    NO_ALLOWANCE,
  );
  const result = { files: 0, bytes: 0, problems: [] as string[] };
  const dirs = new Set<string>();
  const root = realPathOf(run.root_dir);
  // Beside the database, and in the root, where runs of older versions are.
  const ownDirs = [
    defaultLogDir(store.path, run.run_id),
    ...(root === null || run.root_dir === "" ? [] : [defaultLogDir(path.join(root, "database"), run.run_id)]),
  ];
  const recorded = filesOfPrunedRun(store, run.run_id).map((file) => ({ stored: file.path, fileId: file.file_id }));
  // In a directory of the run's own, also what an interrupted recorder left without a row.
  const strays = ownDirs.flatMap((dir) => namesIn(dir).map((name) => ({ stored: path.join(dir, name), fileId: null })));
  for (const { stored, fileId } of [...recorded, ...strays]) {
    if (!LOG_NAME.test(path.basename(stored))) continue;
    const found = gate.find(stored);
    if ("problem" in found) {
      if (found.problem !== "missing") result.problems.push(`${found.file} ${found.reason}; it was left`);
      continue;
    }
    if (!LOG_NAME.test(path.basename(found.file)) || claims.has(found.file)) continue;
    try {
      if (fileId !== null && fileIdOf(found.file) !== fileId) continue;
      fs.unlinkSync(found.file);
      result.files++;
      result.bytes += found.sizeBytes;
      dirs.add(path.dirname(found.file));
    } catch (error) {
      if (systemCode(error) !== "ENOENT") result.problems.push(`${found.file} was left: ${messageOf(error)}`);
    }
  }
  for (const dir of ownDirs) dirs.add(dir);
  for (const dir of dirs) removeEmpty(gate, dir, [root, realPathOf(path.dirname(path.resolve(store.path)))]);
  return result;
}

/** A log directory, and the directory of all log directories, if nothing is left in it. */
function removeEmpty(gate: Gate, dir: string, never: readonly (string | null)[]): void {
  for (const one of [dir, path.dirname(dir)]) {
    if (one !== dir && path.basename(one) !== ".logs") return;
    if (never.includes(one) || realPathOf(one) !== one || !gate.admits(path.join(one, "step-01-stdout.txt"))) return;
    try {
      fs.rmdirSync(one);
    } catch {
      return; // not empty, or not ours to remove
    }
  }
}

function namesIn(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch {
    return [];
  }
}
