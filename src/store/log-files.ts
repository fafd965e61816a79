import path from "node:path";
import type { Store } from "./store.ts";

/** A log file of an attempt, known from the moment it exists. */
export interface LogRow {
  /** Absolute. */
  readonly file: string;
  readonly step_id: string;
  readonly attempt: number;
  readonly kind: string;
  /** Null until its attempt is closed. */
  readonly artifact_id: number | null;
}

export function insertLogFile(store: Store, row: LogRow): void {
  store.run(
    "INSERT OR REPLACE INTO log_files(file, step_id, attempt, kind, artifact_id) VALUES (?, ?, ?, ?, ?)",
    row.file,
    row.step_id,
    row.attempt,
    row.kind,
    row.artifact_id,
  );
}

export function logFilesOf(store: Store, stepId: string, attempt: number): LogRow[] {
  return store.all<LogRow>("SELECT * FROM log_files WHERE step_id = ? AND attempt = ? ORDER BY file", stepId, attempt);
}

/**
 * A log was renamed: its row and its artifact follow. A log of the Go build's has no row; its artifact is looked for
 * among all, the newest of that path.
 */
export function renameLogFile(store: Store, from: string, to: string): void {
  const row = store.get<LogRow>("SELECT * FROM log_files WHERE file = ?", from);
  if (row) {
    store.run("DELETE FROM log_files WHERE file = ?", from);
    insertLogFile(store, { ...row, file: to });
  }
  const artifact = row ? (row.artifact_id === null ? null : pathOf(store, row.artifact_id)) : artifactAt(store, from);
  if (!artifact) return;
  const renamed = path.posix.join(path.posix.dirname(artifact.path), path.basename(to));
  store.run("UPDATE artifacts SET path = ? WHERE artifact_id = ?", renamed, artifact.artifact_id);
}

interface Stored {
  readonly artifact_id: number;
  readonly path: string;
}

function pathOf(store: Store, artifactId: number): Stored | null {
  return store.get<Stored>("SELECT artifact_id, path FROM artifacts WHERE artifact_id = ?", artifactId);
}

function artifactAt(store: Store, file: string): Stored | null {
  const name = path.basename(file);
  const candidates = store.all<Stored & { root_dir: string }>(
    `SELECT a.artifact_id, a.path, r.root_dir FROM artifacts a JOIN scenario_runs r ON r.run_id = a.run_id
     WHERE substr(a.path, -length(?1)) = ?1
     ORDER BY a.artifact_id DESC`,
    name,
  );
  return candidates.find((row) => path.resolve(row.root_dir, row.path) === file) ?? null;
}

/** The log files of a run's steps. Empty in a file of the Go build's. */
export function logFilesOfRun(store: Store, runId: string): Set<string> {
  if (!store.hasTable("log_files")) return new Set();
  const rows = store.all<{ file: string }>(
    "SELECT l.file FROM steps s JOIN log_files l ON l.step_id = s.step_id WHERE s.run_id = ?",
    runId,
  );
  return new Set(rows.map(({ file }) => file));
}

/** Whether a file is a log of any run. */
export function isRecorded(store: Store, file: string): boolean {
  if (store.hasTable("log_files") && store.get("SELECT 1 FROM log_files WHERE file = ?", file)) return true;
  return artifactAt(store, file) !== null;
}
