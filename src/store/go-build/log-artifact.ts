import fs from "node:fs";
import path from "node:path";
import type { Store } from "../store.ts";

interface Stored {
  readonly artifact_id: number;
  readonly path: string;
}

/**
 * Lets the newest artifact of a path follow a renaming, for a log of the Go build, which keeps no rows of them. Reads all
 * artifacts.
 */
export function moveArtifact(store: Store, from: string, to: string): void {
  const artifact = artifactAt(store, from);
  if (artifact) renameArtifact(store, artifact, to);
}

/** Gives an artifact the new name of its file, in the directory that it has. */
export function renameArtifact(store: Store, { artifact_id: id, path: stored }: Stored, to: string): void {
  const renamed = path.posix.join(path.posix.dirname(stored), path.basename(to));
  store.run("UPDATE artifacts SET path = ? WHERE artifact_id = ?", renamed, id);
}

/** Finds the newest artifact of a file by its path, or null: the only way to a log that has no row. Reads all artifacts. */
export function artifactAt(store: Store, file: string): Stored | null {
  const name = path.basename(file);
  const candidates = store.all<Stored & { root_dir: string }>(
    `SELECT a.artifact_id, a.path, r.root_dir FROM artifacts a JOIN scenario_runs r ON r.run_id = a.run_id
     WHERE substr(a.path, -length(?1)) = ?1
     ORDER BY a.artifact_id DESC`,
    name,
  );
  const resolved = candidates.map((row) => ({ row, file: path.resolve(String(row.root_dir), String(row.path)) }));
  const found =
    resolved.find((candidate) => candidate.file === file) ??
    resolved.find((candidate) => path.dirname(file) === realDirectory(candidate.file));
  return found?.row ?? null;
}

function realDirectory(file: string): string {
  try {
    return fs.realpathSync(path.dirname(file));
  } catch {
    return "";
  }
}
