import type { RowSet } from "../model/rows.ts";
import { notesOf } from "../store/notes.ts";
import { findRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";

/** What scripts of a run have noted, in order. A note on the run itself has no step. */
export function notes(store: Store, selector: string): RowSet {
  const { run_id: runId } = findRun(store, selector);
  return {
    columns: ["run_id", "step_num", "step_name", "created_at", "text"],
    rows: notesOf(store, runId).map((note) => [runId, note.step_num, note.step_name, note.created_at, note.text]),
  };
}
