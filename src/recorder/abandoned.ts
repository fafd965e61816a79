import fs from "node:fs";
import { whereIs } from "../capture/file-id.ts";
import type { Written } from "../capture/log-file.ts";
import { exitCode } from "../errors.ts";
import { elapsedMs, formatTime } from "../model/time.ts";
import { type Attempt, finishAttempt, isOpen, lastAttemptOf, openAttempts } from "../store/attempts.ts";
import { indexStateOf } from "../store/lines.ts";
import { type LogRow, logFilesOf } from "../store/log-files.ts";
import type { Run } from "../store/runs.ts";
import { finishStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { setTags } from "../store/tags.ts";
import { hashOf } from "./file-facts.ts";
import { guard } from "./guard.ts";
import { isAlive } from "./identity.ts";
import { recordLogs } from "./log-rows.ts";

/** What the shell saw of a recorder that was killed. How its step ended nobody has seen. */
export const KILLED = exitCode.signalBase + 9;

/**
 * Closes the steps of a run whose recorder is gone, and takes their logs in as artifacts; their lines are left for the
 * indexing. Returns the ids of those steps. A recorder that may still be at work is left alone.
 */
export async function closeAbandoned(store: Store, run: Run): Promise<string[]> {
  const closed: string[] = [];
  for (const attempt of openAttempts(store, run.run_id)) {
    if (isAlive(attempt)) continue;
    const logs = await takeIn(store, run, logFilesOf(store, attempt.step_id, attempt.attempt));
    if (store.immediate(() => close(store, run, attempt, logs))) closed.push(attempt.step_id);
  }
  return closed;
}

interface Log extends Omit<Written, "problem"> {
  readonly kind: string;
  readonly writtenMs: number;
}

async function takeIn(store: Store, run: Run, rows: readonly LogRow[]): Promise<Log[]> {
  const logs = await Promise.all(rows.map((row) => takeInOne(store, run, row)));
  return logs.sort((a, b) => kindOrder(a.kind) - kindOrder(b.kind));
}

/** What a log holds that nobody closed. */
export async function takeInOne(store: Store, run: Run, row: LogRow): Promise<Log> {
  const { kind, file_id: fileId, artifact_id: artifactId } = row;
  const file = placeOf(row);
  const found = file === null ? null : guard(run, file, { allowOutside: false, logFiles: new Set([file]) });
  if (found === null || "problem" in found) {
    return { kind, path: null, fileId: null, sizeBytes: 0, sha256: "", changed: false, writtenMs: 0 };
  }
  const { size: sizeBytes, mtimeMs: writtenMs } = fs.statSync(found.file);
  const sha256 = await hashOf(found.file, sizeBytes);
  // Lines are indexed while a step runs: more than there is now, when somebody has emptied the file since.
  const changed = artifactId !== null && (indexStateOf(store, artifactId)?.bytes ?? 0) > sizeBytes;
  return { kind, path: file, fileId, sizeBytes, sha256, changed, writtenMs };
}

/** Null when it is gone: what has its name then is another's log. */
function placeOf({ file, file_id: id }: LogRow): string | null {
  return id ? whereIs(file, id) : file;
}

/** As a recorder orders them: stdout, stderr. */
function kindOrder(kind: string): number {
  return kind === "stdout" ? 0 : 1;
}

/** False when another process was faster. */
function close(store: Store, run: Run, attempt: Attempt, logs: readonly Log[]): boolean {
  if (!isOpen(store, attempt.step_id, attempt.attempt)) return false;
  const completedAt = lastSignOf(attempt, logs);
  const end = { completedAt, exitCode: KILLED, durationMs: elapsedMs(attempt.started_at, completedAt) };
  const scope = { runId: run.run_id, stepId: attempt.step_id };
  finishAttempt(store, attempt.step_id, attempt.attempt, { ...end, reason: "interrupted" });
  if (lastAttemptOf(store, attempt.step_id) === attempt.attempt) {
    finishStep(store, attempt.step_id, end);
    setTags(store, scope, [
      ["exit.reason", "interrupted"],
      ["exit.error", "its recorder was gone before it recorded the end; how the step ended is not known"],
    ]);
  }
  recordLogs(store, { ...scope, attempt: attempt.attempt, rootDir: run.root_dir }, logs);
  return true;
}

/** When it is last known to have been there: its logs were written to. */
export function lastSignOf(
  { started_at: startedAt }: { readonly started_at: string },
  logs: readonly { readonly writtenMs: number }[],
): string {
  const writtenAt = formatTime(Math.max(0, ...logs.map((log) => log.writtenMs)));
  return elapsedMs(startedAt, writtenAt) > 0 ? writtenAt : startedAt;
}
