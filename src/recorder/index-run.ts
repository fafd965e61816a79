import { systemCode } from "../errors.ts";
import { artifactsOf } from "../store/artifacts.ts";
import { adoptLines, hasLines, indexStateOf } from "../store/lines.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { indexLog } from "./index-log.ts";
import { fileOf } from "./paths.ts";

export interface IndexedRun {
  /** Lines added to the index. */
  readonly lines: number;
  /** Artifacts that these lines are from. */
  readonly artifacts: number;
  /** Stored paths whose files could not be read, with the reason. */
  readonly unreadable: { path: string; reason: string }[];
}

/** Indexes a run's text artifacts that are not in the index yet, or only in part. What is there is left alone. */
export async function indexRun(store: Store, run: Run): Promise<IndexedRun> {
  adoptLines(store, run.run_id);
  let lines = 0;
  let artifacts = 0;
  const unreadable: { path: string; reason: string }[] = [];
  for (const artifact of artifactsOf(store, run.run_id)) {
    if (artifact.is_text === 0) continue;
    const target = { runId: run.run_id, artifactId: artifact.artifact_id };
    const state = indexStateOf(store, artifact.artifact_id);
    if (state?.state === "complete" || (state === null && hasLines(store, artifact.artifact_id))) continue;
    try {
      const added = await indexLog(store, target, fileOf(run.root_dir, artifact.path));
      lines += added;
      if (added > 0) artifacts++;
    } catch (error) {
      const reason = systemCode(error);
      if (reason === undefined) throw error;
      unreadable.push({ path: artifact.path, reason });
    }
  }
  return { lines, artifacts, unreadable };
}
