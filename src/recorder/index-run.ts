import fs from "node:fs";
import { ScenariologError, systemCode } from "../errors.ts";
import { type Artifact, artifactsOf } from "../store/artifacts.ts";
import { adoptLines, indexStateOf } from "../store/lines.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { indexLog } from "./index-log.ts";
import { fileOf } from "./paths.ts";

export interface IndexedRun {
  /** Lines added to the index. */
  readonly lines: number;
  /** Artifacts that these lines are from. */
  readonly artifacts: number;
  /** Stored paths whose lines could not be indexed, and why: the end of a sentence that begins with the path. */
  readonly failures: { path: string; reason: string }[];
}

/** Indexes a run's text artifacts that are not in the index yet, or only in part. What is there is left alone. */
export async function indexRun(store: Store, run: Run): Promise<IndexedRun> {
  adoptLines(store);
  let lines = 0;
  let artifacts = 0;
  const failures: { path: string; reason: string }[] = [];
  for (const artifact of artifactsOf(store, run.run_id)) {
    if (artifact.is_text === 0 || indexStateOf(store, artifact.artifact_id)?.state === "complete") continue;
    const file = fileOf(run.root_dir, artifact.path);
    try {
      if (!(await isAsRecorded(file, artifact))) {
        failures.push({ path: artifact.path, reason: "is not what was recorded: its size or sha256 differs" });
        continue;
      }
      const target = { runId: run.run_id, artifactId: artifact.artifact_id };
      const added = await indexLog(store, target, file, artifact.size_bytes ?? undefined);
      lines += added;
      if (added > 0) artifacts++;
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined || error instanceof ScenariologError) throw error;
      failures.push({ path: artifact.path, reason: `cannot be read: ${code}` });
    }
  }
  return { lines, artifacts, failures };
}

/** Another run may have written its own log to the same path since. What was appended to the recorded bytes is fine. */
async function isAsRecorded(file: string, { size_bytes: size, sha256 }: Artifact): Promise<boolean> {
  const stat = fs.statSync(file);
  if (!stat.isFile() || (size !== null && stat.size < size)) return false;
  if (size === null || sha256 === null) return true;
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(file).slice(0, size).stream()) hash.update(chunk);
  return hash.digest("hex") === sha256.toLowerCase();
}
