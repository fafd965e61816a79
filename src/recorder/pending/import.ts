import fs from "node:fs";
import { messageOf, ScenariologError, systemCode } from "../../errors.ts";
import { stepIdOf } from "../../model/ids.ts";
import { Redactor } from "../../model/redact/redactor.ts";
import { insertAllLines } from "../../store/lines.ts";
import { isRecording } from "../../store/recorders.ts";
import { findRun, newestRuns, type Run, runOfId } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { indexLog, linesOfSmallLog } from "../index/index-log.ts";
import type { RecordedLog } from "../rows/log-rows.ts";
import type { Indexing, PendingRows } from "../rows/pending-rows.ts";
import { insertRunStart, writeRunEnd } from "../rows/run-rows.ts";
import { writePendingAttempt } from "../rows/write-attempt.ts";
import { isSameFile, readPending, removePending } from "./files.ts";
import { decodePending } from "./format.ts";
import { databaseName, tidyPlaces } from "./places.ts";

/** What came of rows that were waiting. */
export interface TakenIn {
  /** What could not be taken in, or only in part: a line each. */
  readonly notes: readonly string[];
  /** Logs that are recorded now, but whose lines are not in the index. */
  readonly unindexed: readonly UnindexedLog[];
}

export interface UnindexedLog extends RecordedLog {
  readonly runId: string;
  readonly indexing: Indexing;
}

/**
 * Takes in the rows in these files: each in a transaction of its own, and only then it is removed. An attempt that is there
 * already is left as it is: so two may take in the same file, and one may be killed in between. Throws if the database
 * takes nothing at all; what else goes wrong is a note, and the file stays.
 */
export function takeIn(store: Store, paths: readonly string[]): TakenIn {
  const notes: string[] = [];
  const files = paths.flatMap((file) => openPending(file, notes));
  const unindexed: UnindexedLog[] = [];
  for (const { file, fileId, rows, damaged } of files.sort((a, b) => order(a.rows, b.rows))) {
    // In a crowd each of many recorders would write the rows of all others, who are about to write them themselves.
    if (isStillTried(rows) || !isSameFile(file, fileId)) continue;
    try {
      if (rows !== null) {
        const logs = writePending(store, rows);
        if (logs === null) {
          if (isMeant(store, rows)) notes.push(`${file} waits: database ${store.path} does not know its run`);
          continue;
        }
        unindexed.push(...logs);
      }
      if (damaged) notes.push(setAside(file, rows));
      else removePending(file, fileId);
    } catch (error) {
      if (isOfDatabase(error)) throw error;
      notes.push(`${file} waits: ${messageOf(error)}`);
    }
  }
  tidyPlaces(store.path);
  return { notes, unindexed };
}

/** Whether the rows in a file will be taken in by this database, as far as can be told without writing. */
export function waitsFor(store: Store, file: string): boolean {
  const read = readPending(file);
  if (read === null || "problem" in read) return false;
  const { rows } = decodePending(read.text);
  if (rows?.attempt && isRecording(rows.attempt.recorder)) return false;
  if (rows === null || isMeant(store, rows)) return true;
  return !fs.existsSync(rows.database) && runOfId(store, rows.run.selector) !== null;
}

/** Writes rows that wait. Null if the database does not know their run: nothing is written then. */
export function writePending(store: Store, rows: PendingRows): UnindexedLog[] | null {
  const { attempt } = rows;
  return store.transaction(() => {
    const run = runOf(store, rows);
    if (run === null) return null;
    const { end } = rows.run;
    if (end !== null && run.completed_at === null) {
      writeRunEnd(store, run, end);
    }
    if (attempt === null) return [];
    const key = { runId: run.run_id, stepId: stepIdOf(run.run_id, attempt.step.num) };
    const logs = writePendingAttempt(store, key, attempt).logs;
    const redactor = redactorOf(attempt.indexing);
    return logs
      .filter((log) => isIndexed(store, log, attempt.indexing))
      .filter((log) => !indexAtOnce(store, run.run_id, log, redactor))
      .map((log) => ({ ...log, runId: run.run_id, indexing: attempt.indexing }));
  });
}

/** False for a log that is too large for that. */
function indexAtOnce(store: Store, runId: string, log: RecordedLog, redactor: Redactor | undefined): boolean {
  const lines = linesOfSmallLog(log, redactor);
  if (lines !== null) insertAllLines(store, { runId, artifactId: log.artifactId }, lines, log.sizeBytes);
  return lines !== null;
}

/** The lines of logs whose rows were taken in. Never throws: what is missing then is told by `search`, and `index fts` adds it. */
export async function indexTaken(
  store: Store,
  logs: readonly UnindexedLog[],
  stop: () => boolean = () => false,
): Promise<void> {
  for (const { runId, artifactId, file, fileId, sizeBytes, indexing } of logs) {
    if (stop()) break;
    const redactor = redactorOf(indexing);
    const end = sizeBytes > indexing.indexLimitBytes ? "limit" : "log";
    const options = { sizeBytes: Math.min(sizeBytes, indexing.indexLimitBytes), fileId, stop, end, redactor } as const;
    try {
      await indexLog(store, { runId, artifactId }, file, options);
    } catch {
      // See above.
    }
  }
}

/** Whether no other rows would be taken, either: not if it is these that the schema refuses. */
function isOfDatabase(error: unknown): boolean {
  if (!(error instanceof ScenariologError) || error.code === "NO_RUN") return false;
  return !/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(systemCode(error.cause) ?? "");
}

interface OpenPending {
  readonly file: string;
  readonly fileId: string | null;
  readonly rows: PendingRows | null;
  readonly damaged: boolean;
}

function openPending(file: string, notes: string[]): OpenPending[] {
  const read = readPending(file);
  if (read === null) return [];
  if ("problem" in read) {
    notes.push(`${file} is not taken in: it ${read.problem}`);
    return [];
  }
  return [{ file, fileId: read.fileId, ...decodePending(read.text) }];
}

/** Whether an attempt has a recorder that runs it, and writes its beginning with its end. */
function isStillTried(rows: PendingRows | null): boolean {
  const attempt = rows?.attempt;
  return attempt?.end === null && isRecording(attempt.recorder);
}

/** Attempts of one step get their numbers in this order. */
function order(a: PendingRows | null, b: PendingRows | null): number {
  const [one, other] = [a?.attempt?.startedAt ?? "", b?.attempt?.startedAt ?? ""];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The run that rows are of; it is made if its recorder could not write it. */
function runOf(store: Store, rows: PendingRows): Run | null {
  const { selector, start } = rows.run;
  // Its own may be elsewhere by now, with all that lies around it; if it is not, this is not it.
  if (!isMeant(store, rows) && fs.existsSync(rows.database)) return null;
  const known = runOfId(store, start?.runId ?? selector);
  if (known !== null) return start === null || known.started_at === start.startedAt ? known : null;
  if (!isMeant(store, rows)) return null;
  if (start !== null) {
    insertRunStart(store, start);
    return runOfId(store, start.runId);
  }
  return selectedRun(store, selector, rows.attempt?.startedAt ?? "");
}

/** What a recorder was told that could not ask the database. By now there may be newer runs, which it did not mean. */
function selectedRun(store: Store, selector: string, startedAt: string): Run | null {
  if (selector === "latest") return newestRuns(store, null, -1).find((run) => run.started_at <= startedAt) ?? null;
  if (selector === "latest-failed") return null;
  try {
    return findRun(store, selector);
  } catch {
    return null;
  }
}

/** Whether this is the database that the recorder was to write into. Another one may lie beside the same logs. */
function isMeant(store: Store, { database }: PendingRows): boolean {
  return databaseName(store.path) === database;
}

function setAside(file: string, rows: PendingRows | null): string {
  const aside = `${file}.damaged`;
  fs.renameSync(file, aside);
  const taken = rows === null ? "nothing of it could be read" : "the rows that are whole were taken in";
  return `${file} is damaged: ${taken}; it is kept as ${aside}`;
}

function redactorOf({ patterns }: Indexing): Redactor | undefined {
  if (patterns === null) return undefined;
  try {
    return new Redactor({ patterns, environment: process.env });
  } catch {
    return new Redactor({ patterns: [], environment: process.env });
  }
}

/** A name that leads elsewhere by now, or to a pipe, is left for `index fts`, which asks first. */
function isIndexed(store: Store, { kind, file }: RecordedLog, { index }: Indexing): boolean {
  if (!store.fts || (index !== "all" && index !== kind)) return false;
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
