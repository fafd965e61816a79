import type { RowSet } from "../model/rows.ts";
import { artifactsOf } from "../store/artifacts.ts";
import { findRun } from "../store/runs.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";

/** The files that are kept with a run, in the order they were recorded: logs, and what was added to its steps. */
export function artifacts(store: Store, selector: string, kind?: string): RowSet {
  const { run_id: runId } = findRun(store, selector);
  const steps = new Map(stepsOf(store, runId).map((step) => [step.step_id, step]));
  const kept = artifactsOf(store, runId).filter((artifact) => kind === undefined || artifact.kind === kind);
  return {
    columns: ["artifact_id", "step_num", "step_name", "kind", "path", "is_text", "size_bytes", "sha256"],
    rows: kept.map((artifact) => {
      const step = steps.get(artifact.step_id ?? "");
      const { artifact_id, path, is_text, size_bytes, sha256 } = artifact;
      const named = [artifact_id, step?.step_num ?? null, step?.step_name ?? null];
      return [...named, artifact.kind, path, is_text !== 0, size_bytes, sha256];
    }),
  };
}
