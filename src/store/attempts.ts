import type { Store } from "./store.ts";

/** Identifies the process that records. A pid alone is reused, and means another process on another machine. */
export interface RecorderIdentity {
  readonly recorder_pid: number | null;
  /** Clock ticks since boot; "" if the platform does not say. */
  readonly recorder_start: string | null;
  /** The running kernel's boot; "" if the platform does not say. */
  readonly boot_id: string | null;
  /** The namespace in which the pid counts; "" if the platform does not say. */
  readonly pid_namespace: string | null;
}

/** One try of a step. What describes its end is null while it has none. */
export interface Attempt extends RecorderIdentity {
  readonly step_id: string;
  readonly attempt: number;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
  /** Why it ended, if that was not its own doing: interrupted, timeout, leak. */
  readonly reason: string | null;
}

/** Returns the number of the new attempt of a step: 1 for a step that has none. */
export function insertAttempt(store: Store, stepId: string, startedAt: string, recorder: RecorderIdentity): number {
  const attempt = lastAttemptOf(store, stepId) + 1;
  store.run(
    `INSERT INTO attempts(step_id, attempt, started_at, recorder_pid, recorder_start, boot_id, pid_namespace)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    stepId,
    attempt,
    startedAt,
    recorder.recorder_pid,
    recorder.recorder_start,
    recorder.boot_id,
    recorder.pid_namespace,
  );
  return attempt;
}

/** Returns the attempt of a step that this recorder began at this time, or null. */
export function findAttempt(
  store: Store,
  stepId: string,
  startedAt: string,
  { recorder_pid: pid, recorder_start: start }: RecorderIdentity,
): Pick<Attempt, "attempt" | "completed_at"> | null {
  return store.get<Pick<Attempt, "attempt" | "completed_at">>(
    `SELECT attempt, completed_at FROM attempts
     WHERE step_id = ? AND started_at = ? AND recorder_pid IS ? AND recorder_start IS ?`,
    stepId,
    startedAt,
    pid,
    start,
  );
}

/** Returns the highest attempt of a step; 0 if it has none. */
export function lastAttemptOf(store: Store, stepId: string): number {
  return (
    store.get<{ last: number | null }>("SELECT max(attempt) AS last FROM attempts WHERE step_id = ?", stepId)?.last ?? 0
  );
}

/** Returns whole ms; null if the attempt has no end, or does not exist. */
export function attemptDurationOf(store: Store, stepId: string, attempt: number): number | null {
  const sql = "SELECT duration_ms FROM attempts WHERE step_id = ? AND attempt = ?";
  return store.get<{ duration_ms: number | null }>(sql, stepId, attempt)?.duration_ms ?? null;
}

export function finishAttempt(
  store: Store,
  stepId: string,
  attempt: number,
  end: { completedAt: string; exitCode: number; durationMs: number | null; reason: string | null },
): void {
  store.run(
    `UPDATE attempts SET completed_at = ?, exit_code = ?, duration_ms = ?, reason = ? WHERE step_id = ? AND attempt = ?`,
    end.completedAt,
    end.exitCode,
    end.durationMs,
    end.reason,
    stepId,
    attempt,
  );
}

/** Whether an attempt exists and has no end. */
export function isOpen(store: Store, stepId: string, attempt: number): boolean {
  const sql = "SELECT 1 FROM attempts WHERE step_id = ? AND attempt = ? AND completed_at IS NULL";
  return store.get(sql, stepId, attempt) !== null;
}

/** Returns the attempts of a run that have no end, oldest first; none in a file of the Go build. */
export function openAttempts(store: Store, runId: string): Attempt[] {
  if (!store.hasTable("attempts")) return [];
  return store.all<Attempt>(
    `SELECT a.* FROM attempts a JOIN steps s ON s.step_id = a.step_id
     WHERE s.run_id = ? AND a.completed_at IS NULL ORDER BY s.step_num, a.step_id, a.attempt`,
    runId,
  );
}
