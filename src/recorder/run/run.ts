import fs from "node:fs";
import { type Allowance, Gate, NO_ALLOWANCE } from "../../files/gate.ts";
import { forgetMasks } from "../../files/masked-values.ts";
import { vouchForRoot } from "../../files/vouched.ts";
import { newRunId } from "../../model/ids.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { type Clock, systemClock } from "../../model/time.ts";
import { unfinishedOfRun } from "../../store/artifacts.ts";
import { openAttempts } from "../../store/attempts.ts";
import { openCommands } from "../../store/commands.ts";
import { logFilesOfRun } from "../../store/log-files.ts";
import type { PlannedRow } from "../../store/planned-steps.ts";
import { findRun, type Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { fileIdOf } from "../../sys/file-id.ts";
import { takeInWaiting } from "../pending/waiting.ts";
import { insertRunStart, type RunEnding, type RunStart, writeRunEnd } from "../rows/run-rows.ts";

export interface RunSpec {
  readonly rootDir: string;
  /** "" is none. */
  readonly suite: string;
  /** "" is a generated one. */
  readonly runId: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Takes secrets out of the tags; absent: they are stored as they are. */
  readonly redactor?: Redactor;
  /** Further tags, after the user's, which replace them; null is none. See provenanceOf. */
  readonly provenance: readonly (readonly [string, string])[] | null;
  /** The steps that the run will have, if that is known. */
  readonly planned?: readonly PlannedRow[];
}

export interface EndOptions {
  readonly clock?: Clock;
  /** Absent: the run ended normally. */
  readonly ending?: RunEnding;
  /** Which files the user allows to be read. */
  readonly allowance?: Allowance;
}

const NORMAL_ENDING: RunEnding = { notRun: null, reason: null, signal: undefined };

/** Returns the new run's id. */
export function startRun(store: Store, spec: RunSpec, clock: Clock = systemClock): string {
  const start = runStartOf(spec, clock);
  store.transaction(() => {
    insertRunStart(store, start);
    vouchForRoot(store, start.runId, start.rootDir);
  });
  return start.runId;
}

export function runStartOf(spec: RunSpec, clock: Clock = systemClock): RunStart {
  const startedAt = clock.now();
  const safe = (key: string, value: string) => spec.redactor?.tag(key, value) ?? value;
  const tags = new Map([
    ["root_dir", spec.rootDir],
    ["suite", spec.suite],
    ["user.name", userName()],
  ]);
  for (const [key, value] of spec.tags) tags.set(key, safe(key, value));
  for (const [key, value] of spec.provenance ?? []) if (!tags.has(key)) tags.set(key, safe(key, value));
  return {
    runId: spec.runId || newRunId(startedAt, process.pid),
    rootDir: spec.rootDir,
    suite: spec.suite || null,
    startedAt,
    tags: [...tags],
    planned: spec.planned ?? [],
  };
}

/**
 * Sets the end of a run, imports the rows that wait for its database, and closes the steps whose recorder is gone: their
 * logs are recorded and indexed. Logs that a run of another database moved aside are found again. A second call sets the end
 * anew. Returns what could not be recorded, a line each.
 */
export async function endRun(
  store: Store,
  selector: string,
  exitCode: number,
  options: EndOptions = {},
): Promise<readonly string[]> {
  const taken = await takeInWaiting(store, selector);
  const run = findRun(store, selector);
  try {
    const problems = await closeRun(store, run, exitCode, options);
    return [...(await taken.index()), ...problems];
  } finally {
    completeFile(store);
    forgetMasks(store.path, run.run_id);
  }
}

/** While others have the database open, nobody else moves the log into the file, which may be copied alone after a run. */
function completeFile(store: Store): void {
  try {
    store.checkpoint(0);
  } catch {
    // The log holds everything, and whoever opens the database next reads it there.
  }
}

async function closeRun(
  store: Store,
  run: Run,
  exitCode: number,
  { clock = systemClock, ending = NORMAL_ENDING, allowance = NO_ALLOWANCE }: EndOptions,
): Promise<readonly string[]> {
  const end = { completedAt: clock.now(), exitCode, ...ending };
  store.transaction(() => writeRunEnd(store, run, end));
  const strayed = logFilesOfRun(store, run.run_id).filter(({ file, file_id: id }) => id && fileIdOf(file) !== id);
  const commands = openCommands(store, run.run_id).length;
  const abandoned = openAttempts(store, run.run_id).length;
  const output = unfinishedOfRun(store, run.run_id).length;
  if (strayed.length + commands + abandoned + output === 0) return [];
  // Only a run that left something open pays for closing it.
  const gate = new Gate(store, run, allowance);
  const problems: string[] = [];
  if (strayed.length > 0) await (await import("../../files/relocated-logs.ts")).findStrayed(store, gate, strayed);
  if (commands > 0) {
    await (await import("../recover/commands.ts")).closeAbandonedCommands(store, run, gate, problems);
  }
  if (output > 0) await (await import("../recover/run-output.ts")).closeRunOutput(store, run, gate, problems);
  if (abandoned === 0) return problems;
  const { closeAbandoned } = await import("../recover/attempts.ts");
  const closed = new Set(await closeAbandoned(store, run, gate, problems));
  if (!store.fts || closed.size === 0) return problems;
  const { indexRun } = await import("../index/index-run.ts");
  const { failures } = await indexRun(store, run.run_id, { onlySteps: closed, allowance });
  return [...problems, ...failures.map(({ path, reason }) => `${path} ${reason}; it was not taken in`)];
}

/** The name from the passwd file, as the system gives it; USER for a uid without an entry, as in containers. */
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
