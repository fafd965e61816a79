import { artifactAt, renameArtifact } from "./go-build/log-artifact.ts";
import type { Store } from "./store.ts";

/** A log file of an attempt, known from the moment it exists. */
export interface LogRow {
  /** An absolute path, whose directory is a real path. */
  readonly file: string;
  readonly step_id: string;
  readonly attempt: number;
  readonly kind: string;
  /** Null until the attempt is closed. */
  readonly artifact_id: number | null;
  /** Device, inode and birth, which a renaming does not change; null if they are not known. */
  readonly file_id: string | null;
}

/** Kinds of files that `cmd` and `artifact add` put into a log dir from inside a step. */
const OF_STEP = "kind NOT IN ('cmd-stdout', 'cmd-stderr', 'artifact')";

/** Replaces a row of the same file. */
export function insertLogFile(store: Store, row: LogRow): void {
  store.run(
    "INSERT OR REPLACE INTO log_files(file, step_id, attempt, kind, artifact_id, file_id) VALUES (?, ?, ?, ?, ?, ?)",
    row.file,
    row.step_id,
    row.attempt,
    row.kind,
    row.artifact_id,
    row.file_id,
  );
}

export function logFileAt(store: Store, file: string): LogRow | null {
  return store.get<LogRow>("SELECT * FROM log_files WHERE file = ?", file);
}

export function logFileOfArtifact(store: Store, artifactId: number): LogRow | null {
  return store.get<LogRow>("SELECT * FROM log_files WHERE artifact_id = ?", artifactId);
}

/** Returns the step's own logs, which end with the attempt. */
export function logFilesOf(store: Store, stepId: string, attempt: number): LogRow[] {
  return store.all<LogRow>(
    `SELECT * FROM log_files WHERE step_id = ? AND attempt = ? AND ${OF_STEP} ORDER BY file`,
    stepId,
    attempt,
  );
}

export function removeLogFiles(store: Store, stepId: string, attempt: number): void {
  store.run(`DELETE FROM log_files WHERE step_id = ? AND attempt = ? AND ${OF_STEP}`, stepId, attempt);
}

/** Returns the log files of a run's steps; none in a file of the Go build. */
export function logFilesOfRun(store: Store, runId: string): LogRow[] {
  if (!store.hasTable("log_files")) return [];
  return store.all<LogRow>(
    "SELECT l.* FROM steps s JOIN log_files l ON l.step_id = s.step_id WHERE s.run_id = ? ORDER BY l.file",
    runId,
  );
}

/** Lets a log's row and its artifact follow a renaming within the directory. */
export function moveLogFile(store: Store, row: LogRow, to: string): void {
  store.run("DELETE FROM log_files WHERE file = ?", row.file);
  insertLogFile(store, { ...row, file: to });
  const artifact =
    row.artifact_id === null
      ? null
      : store.get<{ artifact_id: number; path: string }>(
          "SELECT artifact_id, path FROM artifacts WHERE artifact_id = ?",
          row.artifact_id,
        );
  if (artifact) renameArtifact(store, artifact, to);
}

/** Whether any run has this file as a log. */
export function isRecorded(store: Store, file: string): boolean {
  if (store.hasTable("log_files") && logFileAt(store, file)) return true;
  return artifactAt(store, file) !== null;
}

/** Returns null if the Go build did not store the size. */
export function recordedSizeOf(store: Store, artifactId: number): number | null {
  const row = store.get<{ size: number | null }>(
    "SELECT size_bytes AS size FROM artifacts WHERE artifact_id = ?",
    artifactId,
  );
  return row?.size ?? null;
}
