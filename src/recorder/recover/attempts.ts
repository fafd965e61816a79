import fs from "node:fs";
import type { Written } from "../../capture/log/log-file.ts";
import { exitCode, systemCode } from "../../errors.ts";
import { type Found, type Gate, openFound } from "../../files/gate.ts";
import { hashOf } from "../../files/hash.ts";
import { elapsedMs, formatTime } from "../../model/time.ts";
import { type Attempt, finishAttempt, isOpen, lastAttemptOf, openAttempts } from "../../store/attempts.ts";
import { indexStateOf } from "../../store/lines.ts";
import { type LogRow, logFilesOf } from "../../store/log-files.ts";
import { isRecording } from "../../store/recorders.ts";
import type { Run } from "../../store/runs.ts";
import { finishStep } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import { setTags } from "../../store/tags.ts";
import { whereIs } from "../../sys/file-id.ts";
import { realName } from "../../sys/real-path.ts";
import { recordLogs } from "../rows/log-rows.ts";

/** What the shell saw of a recorder that was killed. How its step ended nobody has seen. */
export const KILLED = exitCode.signalBase + 9;

/**
 * Closes the steps of a run whose recorder is gone, and takes their logs in as artifacts; their lines are left for the
 * indexing. Returns the ids of those steps. A recorder that may still be at work is left alone. What is wrong with a log
 * that is there is added to `problems`, a line each.
 */
export async function closeAbandoned(store: Store, run: Run, gate: Gate, problems: string[]): Promise<string[]> {
  const closed: string[] = [];
  for (const attempt of openAttempts(store, run.run_id)) {
    if (isRecording(attempt)) continue;
    const logs = await takeIn(store, gate, problems, logFilesOf(store, attempt.step_id, attempt.attempt));
    if (store.transaction(() => close(store, run, attempt, logs))) closed.push(attempt.step_id);
  }
  return closed;
}

interface Log extends Omit<Written, "problem"> {
  readonly kind: string;
  readonly writtenMs: number;
}

async function takeIn(store: Store, gate: Gate, problems: string[], rows: readonly LogRow[]): Promise<Log[]> {
  const logs = await Promise.all(rows.map((row) => takeInOne(store, gate, problems, row)));
  return logs.sort((a, b) => kindOrder(a.kind) - kindOrder(b.kind));
}

/** What a log holds that nobody closed. */
export async function takeInOne(store: Store, gate: Gate, problems: string[], row: LogRow): Promise<Log> {
  const { kind, file_id: fileId, artifact_id: artifactId } = row;
  const nothing = { kind, path: null, fileId: null, sizeBytes: 0, sha256: "", changed: false, writtenMs: 0 };
  const file = placeOf(gate, row);
  if (file === null) return nothing;
  const found = gate.find(file);
  if ("problem" in found) {
    if (found.problem !== "missing") problems.push(`${found.file} ${found.reason}`);
    return nothing;
  }
  try {
    const { sizeBytes, writtenMs } = factsOf(found);
    const sha256 = await hashOf(found.file, sizeBytes);
    // Lines are indexed while a step runs: more than there is now, when somebody has emptied the file since.
    const changed = artifactId !== null && (indexStateOf(store, artifactId)?.bytes ?? 0) > sizeBytes;
    return { kind, path: file, fileId, sizeBytes, sha256, changed, writtenMs };
  } catch (error) {
    problems.push(`${found.file} cannot be read: ${systemCode(error) ?? error}`);
    return nothing;
  }
}

function factsOf(found: Found): { sizeBytes: number; writtenMs: number } {
  const fd = openFound(found);
  try {
    const { size: sizeBytes, mtimeMs: writtenMs } = fs.fstatSync(fd);
    return { sizeBytes, writtenMs };
  } finally {
    fs.closeSync(fd);
  }
}

/** Null when it is gone: what has its name then is another's log. Where nothing may be read, it is looked for nowhere. */
function placeOf(gate: Gate, { file, file_id: id }: LogRow): string | null {
  return id && gate.admits(realName(file)) ? whereIs(file, id) : file;
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
