import type { Store } from "./store.ts";

/** A run that is gone for every report, and of which something is left to delete. */
export interface PrunedRun {
  readonly run_id: string;
  readonly root_dir: string;
  readonly started_at: string;
}

/**
 * Foreign keys are not followed from here on: the Go build's tables have no index that would tell SQLite which tags or
 * artifacts belong to a command, so that each deleted row would cost a look at all of them.
 */
export function deleteByHand(store: Store): void {
  store.run("PRAGMA foreign_keys = OFF");
}

/**
 * Takes a run away, within the caller's transaction: it and its steps are gone, and what still has to be deleted is on
 * record. False if somebody else was faster.
 */
export function hideRun(store: Store, runId: string): boolean {
  const hidden = store.run(
    `INSERT OR IGNORE INTO pruned_runs(run_id, root_dir, started_at)
     SELECT run_id, root_dir, started_at FROM scenario_runs WHERE run_id = ?`,
    runId,
  );
  if (hidden.changes === 0) return false;
  store.run(
    "INSERT OR IGNORE INTO pruned_steps(step_id, run_id) SELECT step_id, run_id FROM steps WHERE run_id = ?",
    runId,
  );
  store.run("DELETE FROM steps WHERE run_id = ?", runId);
  store.run("DELETE FROM scenario_runs WHERE run_id = ?", runId);
  return true;
}

/** Oldest first. Empty in a file that nobody has pruned. */
export function prunedRuns(store: Store): PrunedRun[] {
  if (!store.hasTable("pruned_runs")) return [];
  return store.all<PrunedRun>("SELECT run_id, root_dir, started_at FROM pruned_runs ORDER BY started_at, run_id");
}

/** Records runs whose row somebody has deleted by SQL, without what belongs to it. Returns how many. */
export function findOrphanRuns(store: Store): number {
  const missing = (table: string) =>
    `SELECT DISTINCT run_id FROM ${table} WHERE run_id NOT IN (SELECT run_id FROM scenario_runs)`;
  const ids = store.all<{ run_id: string }>(
    `${missing("steps")} UNION ${missing("kv")} UNION ${missing("artifacts")} EXCEPT SELECT run_id FROM pruned_runs`,
  );
  if (ids.length === 0) return 0;
  return store.transaction(() => {
    for (const { run_id: id } of ids) {
      // The Go build's recorder, too, keeps the root as a tag.
      store.run(
        `INSERT OR IGNORE INTO pruned_runs(run_id, root_dir, started_at)
         VALUES (?1, coalesce((SELECT v FROM kv WHERE run_id = ?1 AND step_id IS NULL AND k = 'root_dir'), ''), '')`,
        id,
      );
      store.run(
        "INSERT OR IGNORE INTO pruned_steps(step_id, run_id) SELECT step_id, run_id FROM steps WHERE run_id = ?",
        id,
      );
      store.run("DELETE FROM steps WHERE run_id = ?", id);
    }
    return ids.length;
  });
}

/** Whether a run of this id was recorded anew since: then what belongs to the id is the new run's. */
export function isRecordedAgain(store: Store, runId: string): boolean {
  return store.get("SELECT 1 FROM scenario_runs WHERE run_id = ?", runId) !== null;
}

/** The last of a run: nothing is left to delete. */
export function forgetPrunedRun(store: Store, runId: string): void {
  store.run("DELETE FROM pruned_steps WHERE run_id = ?", runId);
  store.run("DELETE FROM pruned_runs WHERE run_id = ?", runId);
}

/** A file of a run that is being deleted. */
export interface PrunedFile {
  readonly artifact_id: number | null;
  /** Relative to the run's root, or absolute. */
  readonly path: string;
  /** Device, inode and birth; null if they are not known. */
  readonly file_id: string | null;
}

/** The files that a pruned run still names. */
export function filesOfPrunedRun(store: Store, runId: string): PrunedFile[] {
  const [id, join] = store.hasTable("log_files")
    ? ["l.file_id", "LEFT JOIN log_files l ON l.artifact_id = a.artifact_id"]
    : ["NULL", ""];
  const artifacts = store.all<PrunedFile>(
    `SELECT a.artifact_id, a.path, ${id} AS file_id FROM artifacts a ${join} WHERE a.run_id = ? ORDER BY a.artifact_id`,
    runId,
  );
  if (!store.hasTable("log_files")) return artifacts;
  const unclosed = store.all<PrunedFile>(
    `SELECT NULL AS artifact_id, l.file AS path, l.file_id FROM pruned_steps p CROSS JOIN log_files l
     WHERE p.run_id = ? AND l.step_id = p.step_id AND l.artifact_id IS NULL`,
    runId,
  );
  return [...artifacts, ...unclosed];
}

/** Paths of the artifacts of all runs but those that are being deleted, with the runs' roots. */
export function* claimedFiles(store: Store): Generator<{ root_dir: string; path: string }> {
  const PAGE = 10_000;
  for (let last = 0; ; ) {
    const rows = store.all<{ artifact_id: number; root_dir: string; path: string }>(
      `SELECT a.artifact_id, r.root_dir, a.path FROM artifacts a CROSS JOIN scenario_runs r
       WHERE r.run_id = a.run_id AND a.artifact_id > ? ORDER BY a.artifact_id LIMIT ?`,
      last,
      PAGE,
    );
    yield* rows;
    if (rows.length < PAGE) return;
    last = rows.at(-1)!.artifact_id;
  }
}

/** How many bytes the recorded files of each run have, as far as that is known. */
export function fileBytesOfRuns(store: Store): Map<string, number> {
  const rows = store.all<{ run_id: string; bytes: number }>(
    "SELECT run_id, sum(size_bytes) AS bytes FROM artifacts WHERE size_bytes IS NOT NULL GROUP BY run_id",
  );
  return new Map(rows.map(({ run_id, bytes }) => [run_id, bytes]));
}
