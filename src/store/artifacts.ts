import { forgetLines, markUnindexed } from "./lines.ts";
import type { Store } from "./store.ts";
import type { Scope } from "./tags.ts";

/** A row of artifacts. `path` is relative to the run's root_dir, with `/`, or absolute. */
export interface Artifact {
  readonly artifact_id: number;
  readonly run_id: string;
  readonly step_id: string | null;
  readonly kind: string;
  readonly path: string;
  readonly is_text: number;
  readonly size_bytes: number | null;
  readonly sha256: string | null;
}

/** Returns the new artifact's id. It counts as not indexed from the start, so that the logs of a dead recorder are found later. */
export function insertArtifact(
  store: Store,
  scope: Scope,
  artifact: { kind: string; path: string; isText?: boolean; sizeBytes: number | null; sha256: string | null },
): number {
  const { lastInsertRowid } = store.run(
    `INSERT INTO artifacts(run_id, step_id, command_id, kind, path, is_text, size_bytes, sha256)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    scope.runId,
    scope.stepId,
    scope.commandId ?? null,
    artifact.kind,
    artifact.path,
    artifact.isText === false ? 0 : 1,
    artifact.sizeBytes,
    artifact.sha256,
  );
  markUnindexed(store, lastInsertRowid);
  return lastInsertRowid;
}

/** Records what is known of an artifact only after its file is whole. */
export function finishArtifact(
  store: Store,
  artifactId: number,
  artifact: { path: string; sizeBytes: number; sha256: string },
): void {
  store.run(
    "UPDATE artifacts SET path = ?, size_bytes = ?, sha256 = ? WHERE artifact_id = ?",
    artifact.path,
    artifact.sizeBytes,
    artifact.sha256,
    artifactId,
  );
}

/** Returns the ids of a command's files in the order in which they were recorded. */
export function artifactsOfCommand(store: Store, commandId: string): number[] {
  return store
    .all<{ artifact_id: number }>(
      `SELECT a.artifact_id FROM commands c JOIN steps s ON s.step_id = c.step_id JOIN artifacts a ON a.run_id = s.run_id
       WHERE c.command_id = ?1 AND a.command_id = ?1 ORDER BY a.artifact_id`,
      commandId,
    )
    .map((row) => row.artifact_id);
}

/** What a file holds. */
export interface ArtifactContent {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly isText: boolean;
}

/** Returns the id of the newest artifact of a run or step with this kind and path, or null. */
export function artifactAtPath(store: Store, scope: Scope, kind: string, path: string): number | null {
  const row = store.get<{ artifact_id: number }>(
    `SELECT artifact_id FROM artifacts
     WHERE run_id = ? AND step_id IS ? AND command_id IS NULL AND kind = ? AND path = ? ORDER BY +artifact_id DESC LIMIT 1`,
    scope.runId,
    scope.stepId,
    kind,
    path,
  );
  return row?.artifact_id ?? null;
}

/** Records what an artifact's file holds now. */
export function replaceArtifact(store: Store, artifactId: number, content: ArtifactContent): void {
  store.run(
    "UPDATE artifacts SET size_bytes = ?, sha256 = ?, is_text = ? WHERE artifact_id = ?",
    content.sizeBytes,
    content.sha256,
    content.isText ? 1 : 0,
    artifactId,
  );
}

/** Removes the artifact of a log that was lost before its end, with its lines. */
export function removeArtifact(store: Store, artifactId: number): void {
  forgetLines(store, artifactId);
  store.run("DELETE FROM artifacts WHERE artifact_id = ?", artifactId);
}

export function artifactsOf(store: Store, runId: string): Artifact[] {
  return store.all<Artifact>(
    `SELECT artifact_id, run_id, step_id, kind, path, is_text, size_bytes, sha256
     FROM artifacts WHERE run_id = ? ORDER BY artifact_id`,
    runId,
  );
}

/** Returns the files of a run itself that their recorder left unfinished. */
export function unfinishedOfRun(store: Store, runId: string): Pick<Artifact, "artifact_id" | "path">[] {
  return store.all(
    "SELECT artifact_id, path FROM artifacts WHERE run_id = ? AND step_id IS NULL AND sha256 IS NULL ORDER BY +artifact_id",
    runId,
  );
}

/** Returns null if there is none of this id. */
export function artifactOf(store: Store, artifactId: number): Artifact | null {
  return store.get<Artifact>(
    `SELECT artifact_id, run_id, step_id, kind, path, is_text, size_bytes, sha256
     FROM artifacts WHERE artifact_id = ?`,
    artifactId,
  );
}

/** Returns the stored stderr path of each step's last attempt, by step id; absent for a step without one. */
export function stderrPaths(store: Store, runId: string): Map<string, string> {
  // The Go build keeps no attempts.
  const [join, attempt] = store.hasTable("log_files")
    ? ["LEFT JOIN log_files l ON l.artifact_id = a.artifact_id", "coalesce(l.attempt, 0), "]
    : ["", ""];
  // +kind makes SQLite use the run's index instead of the one of all kinds.
  const rows = store.all<{ step_id: string; path: string }>(
    `SELECT a.step_id, a.path FROM artifacts a ${join}
     WHERE a.run_id = ? AND +a.kind = 'stderr' AND a.step_id IS NOT NULL ORDER BY ${attempt}a.artifact_id`,
    runId,
  );
  return new Map(rows.map(({ step_id, path }) => [step_id, path]));
}

/** Returns stdout and stderr of a step's own process, of all its attempts, oldest first; not those of commands inside it. */
export function streamArtifactsOf(
  store: Store,
  step: { readonly run_id: string; readonly step_id: string },
): Pick<Artifact, "artifact_id" | "kind" | "path">[] {
  return store.all(
    `SELECT artifact_id, kind, path FROM artifacts
     WHERE run_id = ? AND step_id = ? AND command_id IS NULL AND kind IN ('stdout', 'stderr') ORDER BY +artifact_id`,
    step.run_id,
    step.step_id,
  );
}
