import fs from "node:fs";
import path from "node:path";
import { ScenariologError } from "../../errors.ts";
import { takeMasks } from "../../files/masked-values.ts";
import { storedPath } from "../../files/paths.ts";
import { vouchForLogs } from "../../files/vouched.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { type ArtifactContent, artifactAtPath, insertArtifact, replaceArtifact } from "../../store/artifacts.ts";
import { forgetLines, leaveUnindexed } from "../../store/lines.ts";
import { insertLogFile } from "../../store/log-files.ts";
import type { Store } from "../../store/store.ts";
import { fileIdOf } from "../../sys/file-id.ts";
import { realName } from "../../sys/real-path.ts";
import { indexLog } from "../index/index-log.ts";
import { copyToFree, openRegular, readAll } from "./copy-file.ts";
import { guestLogDir } from "./guest-log-dir.ts";
import { findPlace, type Place, type PlaceSpec } from "./place.ts";

export interface ArtifactSpec {
  readonly kind: string;
  /** The log dir that a copy goes to, relative to the run's root unless absolute; null: the file stays where it is. */
  readonly copyTo: string | null;
  /** The copy's, or "" for the file's own. */
  readonly name: string;
  /** Whether its lines are to be found by `search`; only text has lines. */
  readonly index: boolean;
  /** For the lines in the index. */
  readonly redactor: Redactor;
}

/**
 * Keeps a file with a run or a step: size and hash are those of the bytes that were read, which are the copy's. A file
 * that is referred to twice keeps one row. Throws FILE for what is no file to be kept, NO_RUN, and what the store does.
 */
export async function addArtifact(store: Store, at: PlaceSpec, file: string, spec: ArtifactSpec): Promise<void> {
  const place = findPlace(store, at);
  takeMasks(spec.redactor, store.path, place.runId);
  const fd = openRegular(file);
  try {
    refuseDatabase(store, fd, file);
    const kept = spec.copyTo === null ? refer(fd, file) : copy(store, fd, file, place, spec, spec.copyTo);
    const artifactId = store.transaction(() => insert(store, place, kept, spec));
    if (!spec.index || !kept.isText || !store.fts) return;
    const target = { runId: place.runId, artifactId };
    await indexLog(store, target, kept.file, { sizeBytes: kept.sizeBytes, redactor: spec.redactor });
  } finally {
    fs.closeSync(fd);
  }
}

interface Kept extends ArtifactContent {
  /** Absolute. */
  readonly file: string;
  readonly isCopy: boolean;
}

function refer(fd: number, file: string): Kept {
  return { ...readAll(fd, file), file: path.resolve(file), isCopy: false };
}

function copy(
  store: Store,
  fd: number,
  file: string,
  { run, step }: Place,
  { name }: ArtifactSpec,
  logDir: string,
): Kept {
  const dir = guestLogDir(store, run, logDir);
  try {
    fs.mkdirSync(dir, { recursive: true });
  } catch {
    // The copying says why.
  }
  const owner = step === null ? "run" : `step-${String(step.step_num).padStart(2, "0")}`;
  const wanted = path.join(dir, `${owner}-artifact-${safeName(name || path.basename(file))}`);
  const { copy: copied, ...content } = copyToFree(fd, file, wanted);
  return { ...content, file: copied, isCopy: true };
}

function insert(store: Store, place: Place, kept: Kept, { kind, index }: ArtifactSpec): number {
  const { runId, stepId, attempt } = place;
  const stored = storedPath(place.run.root_dir, kept.file);
  const artifact = { ...kept, kind, path: stored };
  const before = kept.isCopy ? null : artifactAtPath(store, { runId, stepId }, kind, stored);
  if (before !== null) replaceArtifact(store, before, artifact);
  const artifactId = before ?? insertArtifact(store, { runId, stepId }, artifact);
  if (before !== null && store.fts) forgetLines(store, artifactId);
  if (!index || !kept.isText) leaveUnindexed(store, artifactId);
  if (kept.isCopy && stepId !== null) {
    const file_id = fileIdOf(kept.file);
    const row = { step_id: stepId, attempt, kind: "artifact", artifact_id: artifactId, file_id };
    insertLogFile(store, { file: realName(kept.file), ...row });
    vouchForLogs(store, runId, { root: null, log: path.dirname(kept.file) });
  }
  return artifactId;
}

/** Whoever reads and closes it beside SQLite takes SQLite's locks away, and a copy of it is none. */
function refuseDatabase(store: Store, fd: number, file: string): void {
  const id = fileIdOf(fd);
  if (["", "-wal", "-shm"].some((suffix) => fileIdOf(fs.realpathSync(path.resolve(store.path)) + suffix) === id)) {
    throw new ScenariologError("FILE", `${file} is the database itself, which cannot be kept in itself`);
  }
}

/** A file name that no shell, terminal or file system trips over, nor finds too long: its end stays. */
function safeName(name: string): string {
  return [...name.replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, "_")].slice(-50).join("");
}
