import type { RowSet } from "../model/rows.ts";
import { listTags } from "../store/list-tags.ts";
import { findRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";

/** The tags of a run, and of its steps unless only one step is asked for. A tag of the run has no step. */
export function tags(store: Store, selector: string, stepNum?: number): RowSet {
  const { run_id: runId } = findRun(store, selector);
  return {
    columns: ["run_id", "step_num", "step_name", "key", "value"],
    rows: listTags(store, runId)
      .filter(({ step_num }) => stepNum === undefined || step_num === stepNum)
      .map(({ step_num, step_name, k, v }) => [runId, step_num, step_name, k, v]),
  };
}
