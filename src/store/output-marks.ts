import type { Store } from "./store.ts";

/** files/timeline.ts has the format of `marks`. */
export function insertOutputMarks(store: Store, stepId: string, attempt: number, marks: Uint8Array): void {
  store.run("INSERT OR REPLACE INTO output_marks(step_id, attempt, marks) VALUES (?, ?, ?)", stepId, attempt, marks);
}

/** Returns null for an attempt without marks: it printed nothing, its recorder died, or an older version recorded it. */
export function outputMarksOf(store: Store, stepId: string, attempt: number): Uint8Array | null {
  if (!store.hasTable("output_marks")) return null;
  const row = store.get<{ marks: Uint8Array }>(
    "SELECT marks FROM output_marks WHERE step_id = ? AND attempt = ?",
    stepId,
    attempt,
  );
  return row?.marks instanceof Uint8Array ? row.marks : null;
}
