import fs from "node:fs";
import { fileIdOf } from "../capture/file-id.ts";
import { newRunId } from "../model/ids.ts";
import { type Clock, elapsedMs, systemClock } from "../model/time.ts";
import { openAttempts } from "../store/attempts.ts";
import { openCommands } from "../store/commands.ts";
import { logFilesOfRun } from "../store/log-files.ts";
import { findRun, finishRun, insertRun, runOfId } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { insertTags } from "../store/tags.ts";
import { takeInWaiting } from "./waiting-rows.ts";

export interface RunSpec {
  readonly rootDir: string;
  /** "" is none. */
  readonly suite: string;
  /** "" is a generated one. */
  readonly runId: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Further tags, behind those of the user, which replace them; null is none. See startProvenance. */
  readonly provenance: (() => readonly (readonly [string, string])[]) | null;
}

/** The rows of a run before its first step. */
export interface RunStart {
  readonly runId: string;
  readonly rootDir: string;
  readonly suite: string | null;
  readonly startedAt: string;
  /** In order; empty values are not stored. */
  readonly tags: readonly (readonly [string, string])[];
}

/** Returns the new run's id. */
export function startRun(store: Store, spec: RunSpec, clock: Clock = systemClock): string {
  const start = runStartOf(spec, clock);
  store.immediate(() => insertRunStart(store, start));
  return start.runId;
}

export function runStartOf(spec: RunSpec, clock: Clock = systemClock): RunStart {
  const startedAt = clock.now();
  const tags = new Map([["root_dir", spec.rootDir], ["suite", spec.suite], ["user.name", userName()], ...spec.tags]);
  for (const [key, value] of spec.provenance?.() ?? []) if (!tags.has(key)) tags.set(key, value);
  return {
    runId: spec.runId || newRunId(startedAt, process.pid),
    rootDir: spec.rootDir,
    suite: spec.suite || null,
    startedAt,
    tags: [...tags],
  };
}

/** Within the caller's transaction. Throws NO_RUN when a run of this id is there. */
export function insertRunStart(store: Store, { runId, rootDir, suite, startedAt, tags }: RunStart): void {
  insertRun(store, { run_id: runId, root_dir: rootDir, suite, started_at: startedAt });
  insertTags(store, { runId, stepId: null }, tags);
}

/** Whether this start of a run is in the database: who has found it in a file may have been faster. */
export function isStarted(store: Store, { runId, startedAt }: RunStart): boolean {
  return runOfId(store, runId)?.started_at === startedAt;
}

/**
 * Sets the end of a run, takes in the rows that wait for its database, and closes the steps whose recorder is gone: their
 * logs are taken in and indexed. Logs that a run of another database has moved out of its way are found again. A second
 * call sets the end anew. Returns what could not be taken in, a line each.
 */
export async function endRun(
  store: Store,
  selector: string,
  exitCode: number,
  clock: Clock = systemClock,
): Promise<string[]> {
  const taken = await takeInWaiting(store, selector);
  const run = findRun(store, selector);
  const completedAt = clock.now();
  store.immediate(() =>
    finishRun(store, run.run_id, { completedAt, exitCode, durationMs: elapsedMs(run.started_at, completedAt) }),
  );
  const strayed = logFilesOfRun(store, run.run_id).filter(({ file, file_id: id }) => id && fileIdOf(file) !== id);
  if (strayed.length > 0) await (await import("./strayed.ts")).findStrayed(store, strayed);
  if (openCommands(store, run.run_id).length > 0) {
    await (await import("./abandoned-commands.ts")).closeAbandonedCommands(store, run);
  }
  const notes = await taken.index();
  const abandoned = openAttempts(store, run.run_id);
  if (abandoned.length === 0) return notes;
  // Only a run with a casualty pays for what that needs.
  const { closeAbandoned } = await import("./abandoned.ts");
  const closed = new Set(await closeAbandoned(store, run));
  if (!store.fts || closed.size === 0) return notes;
  const { indexRun } = await import("./index-run.ts");
  await indexRun(store, run.run_id, { onlySteps: closed });
  return notes;
}

/** From the passwd file, as the system would tell; USER for a uid that has no entry there, as in containers. */
function userName(): string {
  const uid = process.getuid?.();
  if (uid === undefined) return process.env.USERNAME ?? "";
  const entry = readPasswd().find((line) => line.split(":")[2] === String(uid));
  return entry?.split(":")[0] ?? process.env.USER ?? "";
}

function readPasswd(): string[] {
  try {
    return fs.readFileSync("/etc/passwd", "utf8").split("\n");
  } catch {
    return [];
  }
}
