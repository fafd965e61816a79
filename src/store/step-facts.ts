import type { Store } from "./store.ts";

/** How often those steps of a run were tried that were tried again, by step id. Empty in a file of the Go build's. */
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
 * Recorded sizes of each step's logs, of its last attempt, by step id. Null where it is not known. Where nothing was
 * tried again, there is one log of a kind, and which attempt it is of need not be asked: that takes most of the time.
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
