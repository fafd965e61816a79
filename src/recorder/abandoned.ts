import fs from "node:fs";
import { exitCode } from "../errors.ts";
import { elapsedMs, formatTime } from "../model/time.ts";
import { insertArtifact } from "../store/artifacts.ts";
import { type Attempt, finishAttempt, lastAttemptOf, openAttempts } from "../store/attempts.ts";
import { insertLogFile, type LogRow, logFilesOf } from "../store/log-files.ts";
import type { Run } from "../store/runs.ts";
import { finishStep } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { setTags } from "../store/tags.ts";
import { hashOf } from "./file-facts.ts";
import { type GuardOptions, guard } from "./guard.ts";
import { isAlive } from "./identity.ts";
import { storedPath } from "./paths.ts";

/** What the shell saw of a recorder that was killed. How its step ended nobody has seen. */
const KILLED = exitCode.signalBase + 9;

/**
 * Closes the steps of a run whose recorder is gone, and takes their logs in as artifacts; their lines are left for the
 * indexing. Returns the ids of those steps. A recorder that may still be at work is left alone.
 */
export async function closeAbandoned(store: Store, run: Run): Promise<string[]> {
  const closed: string[] = [];
  for (const attempt of openAttempts(store, run.run_id)) {
    if (isAlive(attempt)) continue;
    const logs = await takeIn(run, logFilesOf(store, attempt.step_id, attempt.attempt));
    store.immediate(() => close(store, run, attempt, logs));
    closed.push(attempt.step_id);
  }
  return closed;
}

interface Log extends LogRow {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly writtenMs: number;
}

async function takeIn(run: Run, rows: readonly LogRow[]): Promise<Log[]> {
  const options: GuardOptions = { allowOutside: false, logFiles: new Set(rows.map(({ file }) => file)) };
  const logs: Log[] = [];
  for (const row of rows) {
    const found = guard(run, row.file, options);
    if ("problem" in found || row.artifact_id !== null) continue;
    const { size: sizeBytes, mtimeMs } = fs.statSync(found.file);
    logs.push({ ...row, sizeBytes, sha256: await hashOf(found.file, sizeBytes), writtenMs: mtimeMs });
  }
  return logs.sort((a, b) => kindOrder(a.kind) - kindOrder(b.kind));
}

/** As a recorder orders them: stdout, stderr. */
function kindOrder(kind: string): number {
  return kind === "stdout" ? 0 : 1;
}

function close(store: Store, run: Run, attempt: Attempt, logs: readonly Log[]): void {
  // The last that is known of it.
  const written = Math.max(...logs.map((log) => log.writtenMs));
  const completedAt = logs.length > 0 ? formatTime(written) : attempt.started_at;
  const end = { completedAt, exitCode: KILLED, durationMs: elapsedMs(attempt.started_at, completedAt) };
  const scope = { runId: run.run_id, stepId: attempt.step_id };
  finishAttempt(store, attempt.step_id, attempt.attempt, { ...end, reason: "interrupted" });
  if (lastAttemptOf(store, attempt.step_id) === attempt.attempt) {
    finishStep(store, attempt.step_id, end);
    setTags(store, scope, [
      ["exit.reason", "interrupted"],
      ["exit.error", "its recorder ended before the step did; how the step ended is not known"],
    ]);
  }
  for (const log of logs) {
    const artifact = { ...log, path: storedPath(run.root_dir, log.file) };
    insertLogFile(store, { ...log, artifact_id: insertArtifact(store, scope, artifact) });
  }
}
