import type { Store } from "./store.ts";

/** A row of notes, with the step in which it was made; null for a note on the run itself. */
export interface Note {
  readonly created_at: string;
  readonly step_num: number | null;
  readonly step_name: string | null;
  readonly text: string;
}

export function insertNote(
  store: Store,
  note: { runId: string; stepId: string | null; createdAt: string; text: string },
): void {
  store.run(
    "INSERT INTO notes(run_id, step_id, created_at, text) VALUES (?, ?, ?, ?)",
    note.runId,
    note.stepId,
    note.createdAt,
    note.text,
  );
}

/** Returns the notes of a run, or of one step of it, in the order in which they were made; none in a file of the Go build. */
export function notesOf(store: Store, runId: string, stepId: string | null = null): Note[] {
  if (!store.hasTable("notes")) return [];
  return store.all<Note>(
    `SELECT n.created_at, s.step_num, s.step_name, n.text FROM notes n LEFT JOIN steps s ON s.step_id = n.step_id
     WHERE n.run_id = ?1 AND (?2 IS NULL OR n.step_id = ?2) ORDER BY n.note_id`,
    runId,
    stepId,
  );
}
