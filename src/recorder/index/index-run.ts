import { ScenariologError, systemCode } from "../../errors.ts";
import { type Allowance, Gate, NO_ALLOWANCE } from "../../files/gate.ts";
import { hashOf } from "../../files/hash.ts";
import { takeMasks } from "../../files/masked-values.ts";
import { Redactor } from "../../model/redact/redactor.ts";
import { type Artifact, artifactsOf } from "../../store/artifacts.ts";
import { adoptLines, indexStateOf } from "../../store/lines.ts";
import { findRun, type Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { indexLog } from "./index-log.ts";

export interface IndexedRun {
  /** Lines added to the index. */
  readonly lines: number;
  /** Artifacts that these lines are from. */
  readonly artifacts: number;
  /** Stored paths whose lines could not be indexed, and why: the end of a sentence that begins with the path. */
  readonly failures: { path: string; reason: string }[];
}

export interface IndexRunOptions {
  /** Absent: nothing beyond what the gate lets through by itself. */
  readonly allowance?: Allowance;
  /** Only artifacts of these steps; all when absent. */
  readonly onlySteps?: ReadonlySet<string>;
  /** Absent: one of the default set. */
  readonly redactor?: Redactor;
}

/**
 * Indexes the text artifacts of a run (an id, the beginning of one, or latest) that are not in the index yet, or only
 * in part. What is there is left alone.
 */
export async function indexRun(store: Store, selector: string, options: IndexRunOptions = {}): Promise<IndexedRun> {
  const run = findRun(store, selector);
  adoptLines(store);
  const gate = new Gate(store, run, options.allowance ?? NO_ALLOWANCE);
  const redactor = options.redactor ?? new Redactor({ patterns: [], environment: process.env });
  takeMasks(redactor, store.path, run.run_id);
  let lines = 0;
  let artifacts = 0;
  const failures: { path: string; reason: string }[] = [];
  for (const artifact of artifactsOf(store, run.run_id)) {
    if (artifact.is_text === 0 || indexStateOf(store, artifact.artifact_id)?.state === "complete") continue;
    if (options.onlySteps && !options.onlySteps.has(artifact.step_id ?? "")) continue;
    const added = await indexArtifact(store, run, artifact, gate, redactor);
    if (typeof added === "string") failures.push({ path: artifact.path, reason: added });
    else {
      lines += added;
      if (added > 0) artifacts++;
    }
  }
  return { lines, artifacts, failures };
}

/** The number of lines added, or why there are none. */
async function indexArtifact(
  store: Store,
  run: Run,
  artifact: Artifact,
  gate: Gate,
  redactor: Redactor,
): Promise<number | string> {
  const found = gate.find(artifact.path);
  if ("problem" in found) return found.reason;
  try {
    if (!(await isAsRecorded(found, artifact))) return "is not what was recorded: its size or sha256 differs";
    const target = { runId: run.run_id, artifactId: artifact.artifact_id };
    const sizeBytes = artifact.size_bytes ?? found.sizeBytes;
    return (await indexLog(store, target, found.file, { sizeBytes, exact: true, redactor })).lines;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || error instanceof ScenariologError) throw error;
    return `cannot be read: ${code}`;
  }
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
