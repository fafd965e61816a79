import type { Store } from "./store.ts";

/** Returns how often steps were tried, by step id, for those with more than one attempt; empty in a file of the Go build. */
export function repeated(store: Store, runId: string): Map<string, number> {
  if (!store.hasTable("attempts")) return new Map();
  const rows = store.all<{ step_id: string; n: number }>(
    `SELECT s.step_id, max(a.attempt) AS n FROM steps s CROSS JOIN attempts a
     WHERE a.step_id = s.step_id AND a.attempt > 1 AND s.run_id = ? GROUP BY s.step_id`,
    runId,
  );
  return new Map(rows.map(({ step_id, n }) => [step_id, n]));
}

export interface LogSizes {
  stdout: number | null;
  stderr: number | null;
}

/**
 * Returns the recorded sizes of the logs of each step's last attempt, by step id; null if a size is not known. If no step
 * was tried again, each kind has one log, and its attempt is not read: that would take most of the time.
 */
export function logSizes(store: Store, runId: string, anyRepeated: boolean): Map<string, LogSizes> {
  const [join, attempt] =
    anyRepeated && store.hasTable("log_files")
      ? ["LEFT JOIN log_files l ON l.artifact_id = a.artifact_id", "coalesce(l.attempt, 0), "]
      : ["", ""];
  const rows = store.all<{ step_id: string; kind: "stdout" | "stderr"; size: number | null }>(
    `SELECT a.step_id, a.kind, a.size_bytes AS size FROM artifacts a ${join}
     WHERE a.run_id = ? AND +a.kind IN ('stdout', 'stderr') AND a.step_id IS NOT NULL AND a.command_id IS NULL
     ORDER BY ${attempt}a.artifact_id`,
    runId,
  );
  const sizes = new Map<string, LogSizes>();
  for (const { step_id, kind, size } of rows) {
    const own = sizes.get(step_id);
    if (own) own[kind] = size;
    else sizes.set(step_id, { stdout: null, stderr: null, [kind]: size });
  }
  return sizes;
}
