import type { Store } from "./store.ts";

/** A line as the index holds it. */
export interface IndexedLine {
  readonly rowid: number;
  readonly line_num: number;
  readonly text: string;
}

/** How many lines are read at once, and rewritten in one transaction: others wait for it. */
const SLICE_LINES = 2000;

/** Yields an artifact's lines in their order; none for an artifact of the Go build that `adoptLines` has not met. */
export function* indexedLines(store: Store, artifactId: number): Generator<IndexedLine, void, undefined> {
  const ranges = store.all<{ first_rowid: number; last_rowid: number }>(
    "SELECT first_rowid, last_rowid FROM line_ranges WHERE artifact_id = ? ORDER BY first_rowid",
    artifactId,
  );
  for (const { first_rowid: first, last_rowid: last } of ranges) {
    for (let from = first; from <= last; from += SLICE_LINES) {
      // The artifact is asked for as well: somebody may have deleted rows, and their numbers went to other lines.
      yield* store.all<IndexedLine>(
        `SELECT rowid, line_num, text FROM log_lines_fts
         WHERE rowid BETWEEN ? AND ? AND artifact_id = ? ORDER BY rowid`,
        from,
        Math.min(last, from + SLICE_LINES - 1),
        artifactId,
      );
    }
  }
}

/** Gives lines of an artifact other texts, in short transactions. Leaves out a row that holds another line by then. */
export async function rewriteLines(store: Store, artifactId: number, lines: readonly IndexedLine[]): Promise<void> {
  for (let from = 0; from < lines.length; from += SLICE_LINES) {
    await store.backgroundTransaction(() => {
      for (const { rowid, line_num, text } of lines.slice(from, from + SLICE_LINES)) {
        store.run(
          "UPDATE log_lines_fts SET text = ? WHERE rowid = ? AND artifact_id = ? AND line_num = ?",
          text,
          rowid,
          artifactId,
          line_num,
        );
      }
    });
  }
}
