import fs from "node:fs";
import type { LogFile, Written } from "../../capture/log/log-file.ts";
import { storedPath } from "../../files/paths.ts";
import { STREAMS, type Stream } from "../../model/ids.ts";
import { finishArtifact, insertArtifact, removeArtifact } from "../../store/artifacts.ts";
import { moveArtifact } from "../../store/go-build/log-artifact.ts";
import { forgetLines } from "../../store/lines.ts";
import {
  insertLogFile,
  type LogRow,
  logFileAt,
  logFilesOf,
  moveLogFile,
  recordedSizeOf,
  removeLogFiles,
} from "../../store/log-files.ts";
import type { Store } from "../../store/store.ts";
import type { Scope } from "../../store/tags.ts";
import { whereIs } from "../../sys/file-id.ts";
import { realName } from "../../sys/real-path.ts";

export interface LogOwner {
  readonly stepId: string;
  readonly attempt: number;
}

/**
 * Files are renamed and rows are written at different moments, and other recorders do both meanwhile: so a row is never
 * written from what we did, but from where the file is now, by its device and inode. Within a transaction. Nothing for a
 * file that could not be made.
 */
export function enterLog(
  store: Store,
  owner: LogOwner,
  { path: file, fileId, movedAside }: Pick<LogFile, "path" | "fileId" | "movedAside">,
  row: Pick<LogRow, "kind" | "artifact_id">,
): void {
  if (fileId === null) return;
  vacate(store, file, fileId, movedAside);
  insertLogFile(store, {
    ...row,
    file: realName(whereIs(file, fileId) ?? file),
    step_id: owner.stepId,
    attempt: owner.attempt,
    file_id: fileId,
  });
}

export interface RecordedLog {
  readonly kind: string;
  readonly artifactId: number;
  readonly file: string;
  readonly fileId: string | null;
  readonly sizeBytes: number;
}

/**
 * The artifacts of logs that are still being written, so that their lines can be indexed already: without size and
 * hash, which a log has only at its end.
 */
export function reserveArtifacts(
  store: Store,
  scope: Scope & { stepId: string; attempt: number; rootDir: string },
): { kind: Stream; artifactId: number; file: string; fileId: string | null }[] {
  const rows = new Map(logFilesOf(store, scope.stepId, scope.attempt).map((row) => [row.kind, row]));
  return STREAMS.flatMap((kind) => {
    const row = rows.get(kind);
    if (!row) return [];
    const path = storedPath(scope.rootDir, row.file);
    const artifactId = insertArtifact(store, scope, { kind, path, sizeBytes: null, sha256: null });
    insertLogFile(store, { ...row, artifact_id: artifactId });
    return [{ kind, artifactId, file: row.file, fileId: row.file_id }];
  });
}

/** Records finished logs as artifacts; those that are reserved are completed. */
export function recordLogs(
  store: Store,
  scope: Scope & { stepId: string; attempt: number; rootDir: string },
  written: readonly (Omit<Written, "problem"> & { readonly kind: string })[],
): RecordedLog[] {
  const { stepId, attempt, rootDir } = scope;
  const rows = logFilesOf(store, stepId, attempt);
  removeLogFiles(store, stepId, attempt);
  return written.flatMap(({ kind, path: last, fileId, sizeBytes, sha256, changed }) => {
    const reserved = rows.find((row) => row.kind === kind)?.artifact_id ?? null;
    if (last === null) {
      if (reserved !== null) removeArtifact(store, reserved);
      return [];
    }
    const file = (fileId === null ? null : whereIs(last, fileId)) ?? last;
    const artifact = { kind, path: storedPath(rootDir, file), sizeBytes, sha256 };
    if (reserved !== null) finishArtifact(store, reserved, artifact);
    if (reserved !== null && changed) forgetLines(store, reserved);
    const artifactId = reserved ?? insertArtifact(store, scope, artifact);
    insertLogFile(store, {
      file: realName(file),
      step_id: stepId,
      attempt,
      kind,
      artifact_id: artifactId,
      file_id: fileId,
    });
    return [{ kind, artifactId, file, fileId, sizeBytes }];
  });
}

/** The rows of the log that had our name before follow it. */
export function vacate(store: Store, file: string, ownId: string, movedAside: readonly string[]): void {
  const name = realName(file);
  const before = logFileAt(store, name);
  const aside = movedAside[0] === undefined ? null : realName(movedAside[0]);
  if (!before) {
    if (aside !== null) moveArtifact(store, name, aside);
    return;
  }
  // The same inode: it was removed, and ours got its number.
  if (before.file_id === ownId) return;
  const now = before.file_id === null ? aside : whereIs(name, before.file_id);
  if (now === null || now === name) return;
  moveLogFile(store, before, now);
  // The Go build writes over our logs in place: then this is its artifact as well.
  if (!hasRecordedSize(store, before, now)) moveArtifact(store, name, now);
}

function hasRecordedSize(store: Store, { artifact_id: id }: LogRow, file: string): boolean {
  const size = id === null ? null : recordedSizeOf(store, id);
  return size === null || size === fs.statSync(file, { throwIfNoEntry: false })?.size;
}
