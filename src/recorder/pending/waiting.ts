import path from "node:path";
import { defaultLogDir } from "../../files/paths.ts";
import { fromEnv } from "../../model/step-environment.ts";
import { logFilesOfRun } from "../../store/log-files.ts";
import { findRun, type Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { pendingFilesFor } from "./places.ts";

/** The full paths of files in which rows wait for a database, beside the logs of a run and wherever else they are known. */
export function waitingFiles(store: Store, selector: string | null): string[] {
  const run = selector === null ? null : runOrNull(store, selector);
  const ofRun = run === null ? [] : logDirsOf(store, run);
  const { logDir } = fromEnv();
  return pendingFilesFor(store.path, logDir && path.isAbsolute(logDir) ? [...ofRun, logDir] : ofRun);
}

/**
 * Takes in what waits for a database, beside the logs of this run or elsewhere; `index` is for later, when there is time: it
 * indexes the lines, and returns what could not be taken in, a line each. Throws if the database takes nothing.
 */
export async function takeInWaiting(store: Store, selector: string | null): Promise<{ index(): Promise<string[]> }> {
  const files = waitingFiles(store, selector);
  if (files.length === 0) return { index: async () => [] };
  const { takeIn, indexTaken } = await import("./import.ts");
  const { notes, unindexed } = takeIn(store, files);
  return {
    index: async () => {
      await indexTaken(store, unindexed);
      return [...notes];
    },
  };
}

function runOrNull(store: Store, selector: string): Run | null {
  try {
    return findRun(store, selector);
  } catch {
    return null; // its start may be what waits
  }
}

function logDirsOf(store: Store, run: Run): Set<string> {
  const dirs = logFilesOfRun(store, run.run_id).map(({ file }) => path.dirname(String(file)));
  const runId = String(run.run_id);
  // An earlier version put them below the root.
  const inRoot = defaultLogDir(path.resolve(String(run.root_dir), "database"), runId);
  return new Set([...dirs, defaultLogDir(store.path, runId), inRoot]);
}
