import type { Store } from "./store.ts";

/** `marks` is of the recorder's making: see its marks.ts. */
export function insertOutputMarks(store: Store, stepId: string, attempt: number, marks: Uint8Array): void {
  store.run("INSERT OR REPLACE INTO output_marks(step_id, attempt, marks) VALUES (?, ?, ?)", stepId, attempt, marks);
}

/** Null where an attempt has none: it printed nothing, its recorder died, or it was recorded before there were any. */
export function outputMarksOf(store: Store, stepId: string, attempt: number): Uint8Array | null {
  if (!store.hasTable("output_marks")) return null;
  const row = store.get<{ marks: Uint8Array }>(
    "SELECT marks FROM output_marks WHERE step_id = ? AND attempt = ?",
    stepId,
    attempt,
  );
  return row?.marks instanceof Uint8Array ? row.marks : null;
}
