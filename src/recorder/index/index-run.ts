import { ScenariologError, systemCode } from "../../errors.ts";
import { type Allowance, type Found, Gate, NO_ALLOWANCE } from "../../files/gate.ts";
import { hashOf } from "../../files/hash.ts";
import { takeMasks } from "../../files/masked-values.ts";
import { Redactor } from "../../model/redact/redactor.ts";
import { type Artifact, artifactsOf } from "../../store/artifacts.ts";
import { adoptLines } from "../../store/go-build/adopt-lines.ts";
import { indexStateOf } from "../../store/lines.ts";
import { findRun, oldestRunIds, type Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { indexLog } from "./index-log.ts";
import { rebuildLines } from "./rebuild-lines.ts";

export interface IndexedRun {
  /** Lines added to the index. */
  readonly lines: number;
  /** Artifacts that these lines are from. */
  readonly artifacts: number;
  /** Stored paths whose lines could not be indexed, and why: the end of a sentence that begins with the path. */
  readonly failures: { path: string; reason: string }[];
  /** Lines whose text changed in a rebuild. */
  readonly rebuilt: number;
  /** The same as `failures` of lines that were rebuilt without their file. */
  readonly withoutFile: { path: string; reason: string }[];
}

export interface IndexRunOptions {
  /** Absent: nothing beyond what the gate lets through by itself. */
  readonly allowance?: Allowance;
  /** Only artifacts of these steps; all when absent. */
  readonly onlySteps?: ReadonlySet<string>;
  /** Absent: one of the default set. */
  readonly redactor?: Redactor;
  /** Also brings the lines up to date that are in the index already. */
  readonly rebuild?: boolean;
}

/**
 * Indexes the text artifacts of a run (an id, the beginning of one, or latest) that are not in the index yet, or only
 * in part. Leaves alone what is there, unless it is to rebuild.
 */
export async function indexRun(store: Store, selector: string, options: IndexRunOptions = {}): Promise<IndexedRun> {
  const run = findRun(store, selector);
  adoptLines(store);
  const gate = new Gate(store, run, options.allowance ?? NO_ALLOWANCE);
  const redactor = options.redactor ?? new Redactor({ patterns: [], environment: process.env });
  takeMasks(redactor, store.path, run.run_id);
  let lines = 0;
  let artifacts = 0;
  let rebuilt = 0;
  const failures: { path: string; reason: string }[] = [];
  const withoutFile: { path: string; reason: string }[] = [];
  for (const artifact of artifactsOf(store, run.run_id)) {
    if (artifact.is_text === 0) continue;
    if (options.onlySteps && !options.onlySteps.has(artifact.step_id ?? "")) continue;
    const state = indexStateOf(store, artifact.artifact_id);
    if (options.rebuild && state !== null && state.lines > 0) {
      const { changed, problem } = await rebuildArtifact(store, artifact, gate, redactor);
      rebuilt += changed;
      if (problem !== null) withoutFile.push({ path: artifact.path, reason: problem });
    }
    if (state?.state === "complete") continue;
    const added = await indexArtifact(store, run, artifact, gate, redactor);
    if (typeof added === "string") failures.push({ path: artifact.path, reason: added });
    else {
      lines += added;
      if (added > 0) artifacts++;
    }
  }
  return { lines, artifacts, failures, rebuilt, withoutFile };
}

/** The run that was asked for, or every run (null), oldest first. */
export function runsToIndex(store: Store, selector: string | null): readonly string[] {
  return selector === null ? oldestRunIds(store, -1, 0) : [selector];
}

/** The number of lines added, or why there are none. */
async function indexArtifact(
  store: Store,
  run: Run,
  artifact: Artifact,
  gate: Gate,
  redactor: Redactor,
): Promise<number | string> {
  try {
    const found = await recordedFile(artifact, gate);
    if (typeof found === "string") return found;
    const target = { runId: run.run_id, artifactId: artifact.artifact_id };
    const sizeBytes = artifact.size_bytes ?? found.sizeBytes;
    return (await indexLog(store, target, found.file, { sizeBytes, exact: true, redactor })).lines;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || error instanceof ScenariologError) throw error;
    return `cannot be read: ${code}`;
  }
}

/** Without its file the lines are rebuilt from their own texts, and `problem` says why. */
async function rebuildArtifact(
  store: Store,
  artifact: Artifact,
  gate: Gate,
  redactor: Redactor,
): Promise<{ changed: number; problem: string | null }> {
  const { artifact_id: id, size_bytes: size } = artifact;
  let problem: string;
  try {
    const found = await recordedFile(artifact, gate);
    if (typeof found !== "string") {
      const file = { path: found.file, sizeBytes: size ?? found.sizeBytes };
      return { changed: await rebuildLines(store, id, file, redactor), problem: null };
    }
    problem = found;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || error instanceof ScenariologError) throw error;
    problem = `cannot be read: ${code}`;
  }
  return { changed: await rebuildLines(store, id, null, redactor), problem };
}

/** The file of an artifact if it is what was recorded, else why it is not to be read. */
async function recordedFile(artifact: Artifact, gate: Gate): Promise<Found | string> {
  const found = gate.find(artifact.path);
  if ("problem" in found) return found.reason;
  return (await isAsRecorded(found, artifact)) ? found : "is not what was recorded: its size or sha256 differs";
}

/** Another run may have written its own log to the same path since. What was appended to the recorded bytes is fine. */
async function isAsRecorded(
  { file, sizeBytes }: { file: string; sizeBytes: number },
  { size_bytes: size, sha256 }: Artifact,
): Promise<boolean> {
  if (size === null) return true;
  if (sizeBytes < size) return false;
  return sha256 === null || (await hashOf(file, size)) === String(sha256).toLowerCase();
}
