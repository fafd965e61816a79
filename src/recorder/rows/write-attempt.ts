import fs from "node:fs";
import { findAttempt } from "../../store/attempts.ts";
import { logFileAt } from "../../store/log-files.ts";
import type { Store } from "../../store/store.ts";
import { removeTags } from "../../store/tags.ts";
import { fileIdOf, whereIs } from "../../sys/file-id.ts";
import { realName } from "../../sys/real-path.ts";
import { type StepKey, writeBeginning, writeEnd } from "./attempt-rows.ts";
import { enterLog, type RecordedLog, recordLogs } from "./log-rows.ts";
import { endTags } from "./outcome.ts";
import type { PendingAttempt, PendingLog } from "./pending-rows.ts";
import { writeTrace } from "./write-trace.ts";

export interface WrittenAttempt {
  readonly number: number;
  /** Of an attempt that was closed by this. */
  readonly logs: readonly RecordedLog[];
}

/**
 * Writes of an attempt what is not in the database yet, within the caller's transaction: nothing if another one was faster,
 * or if this was done before and only its file was left.
 */
export function writePendingAttempt(store: Store, key: StepKey, attempt: PendingAttempt): WrittenAttempt {
  const { step, startedAt, recorder, end } = attempt;
  const there = findAttempt(store, key.stepId, startedAt, recorder);
  const begin = () => {
    const sizeOf = (kind: string) => attempt.written.find((log) => log.kind === kind)?.sizeBytes;
    return beginAttempt(
      store,
      key,
      attempt,
      attempt.logs.flatMap((log) => present(store, log, sizeOf(log.kind))),
    );
  };
  const number = there?.attempt ?? begin();
  if (end === null || there?.completed_at === end.completedAt) return { number, logs: [] };
  // Whoever took its recorder for dead knew less.
  if (there !== null && there.completed_at !== null) removeTags(store, key, endTags);
  writeEnd(store, key, step, number, end);
  const written = attempt.written.map((log) => {
    const [found] = log.path === null ? [] : present(store, { ...log, path: log.path }, log.sizeBytes);
    return { ...log, path: found?.path ?? null, fileId: found?.fileId ?? null };
  });
  const logs = recordLogs(store, { ...key, attempt: number, rootDir: attempt.rootDir }, written);
  const { trace } = attempt;
  const file = trace?.file ? (present(store, trace.file, trace.file.sizeBytes)[0] ?? null) : null;
  writeTraceOf(store, key, number, { ...attempt, trace: trace && { ...trace, file } });
  return { number, logs };
}

/** Nothing if there is none. */
export function writeTraceOf(
  store: Store,
  key: StepKey,
  number: number,
  { rootDir, step, trace }: Pick<PendingAttempt, "rootDir" | "step" | "trace">,
): void {
  if (trace !== null) writeTrace(store, key, number, { rootDir, userKeys: step.userKeys }, trace);
}

/** Returns its number. */
export function beginAttempt(
  store: Store,
  key: StepKey,
  { step, startedAt, recorder }: Pick<PendingAttempt, "step" | "startedAt" | "recorder">,
  logs: readonly PendingLog[],
  reserved = 0,
): number {
  const number = reserved || writeBeginning(store, key, step, startedAt, recorder);
  for (const { kind, ...log } of logs) {
    enterLog(store, { stepId: key.stepId, attempt: number }, log, { kind, artifact_id: null });
  }
  return number;
}

/**
 * A log where it is by now. Since it was written it may have been moved aside by the next one of its name, been copied
 * with its directory, or removed: then what has its name is another's, and nothing is known of it.
 */
function present<T extends Pick<PendingLog, "path" | "fileId">>(store: Store, log: T, sizeBytes?: number): T[] {
  const { path: file, fileId } = log;
  const moved = fileId === null ? null : whereIs(file, fileId);
  if (moved !== null) return [{ ...log, path: moved }];
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  const isCopy = stat?.isFile() && stat.size === sizeBytes && logFileAt(store, realName(file)) === null;
  return isCopy ? [{ ...log, fileId: fileIdOf(file) ?? fileId }] : [];
}
