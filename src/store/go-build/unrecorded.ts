import type { Store } from "../store.ts";

/** Consecutive rows of the index that hold consecutive lines of one artifact. */
export interface Segment {
  readonly artifactId: number;
  readonly first: number;
  readonly last: number;
  /** The number of the line in row `first`. */
  readonly firstLine: number;
}

/**
 * The lines that no recorded range covers (those of the Go build), newest first. No line is read twice and few are
 * read at all: the last line's number tells where its artifact's first one must be.
 */
export function* unrecordedSegments(store: Store): Generator<Segment, void, undefined> {
  for (const gap of gapsOf(store)) {
    for (let end = gap.last; ; ) {
      const row = lastRow(store, end);
      if (row === null || row.rowid < gap.first) break;
      const segment = segmentThatEnds(store, row, gap.first);
      yield segment;
      end = segment.first - 1;
    }
  }
}

/** Finds where unrecorded artifacts' lines are, and walks the index no further than it must. */
export class UnrecordedLines {
  readonly #segments: Generator<Segment, void, undefined>;
  readonly #found = new Map<number, Segment[]>();
  /** Artifacts whose first line has been met. */
  readonly #whole = new Set<number>();

  constructor(store: Store) {
    this.#segments = unrecordedSegments(store);
  }

  /** Segments of each artifact in the order of its lines; absent when nothing of it is in the index. */
  find(artifactIds: readonly number[]): ReadonlyMap<number, Segment[]> {
    const wanted = new Set(artifactIds).difference(this.#whole);
    while (wanted.size > 0) {
      const { value: segment, done } = this.#segments.next();
      if (done) break;
      this.#found.set(segment.artifactId, [segment, ...(this.#found.get(segment.artifactId) ?? [])]);
      if (segment.firstLine > 1) continue;
      this.#whole.add(segment.artifactId);
      wanted.delete(segment.artifactId);
    }
    return this.#found;
  }
}

interface Row {
  readonly rowid: number;
  readonly artifact_id: number;
  readonly line_num: number;
}

function lastRow(store: Store, upTo: number): Row | null {
  return store.get<Row>(
    "SELECT rowid, artifact_id, line_num FROM log_lines_fts WHERE rowid <= ? ORDER BY rowid DESC LIMIT 1",
    upTo,
  );
}

/** Lines are added in order: if the row that is n before this one holds the line n before, so do all between. */
function segmentThatEnds(store: Store, row: Row, notBefore: number): Segment {
  const belongs = (back: number) =>
    store.get(
      "SELECT 1 FROM log_lines_fts WHERE rowid = ? AND artifact_id = ? AND line_num = ?",
      row.rowid - back,
      row.artifact_id,
      row.line_num - back,
    ) !== null;
  let near = 0;
  let far = Math.max(0, Math.min(row.line_num - 1, row.rowid - notBefore));
  if (belongs(far)) near = far;
  while (far - near > 1) {
    const middle = Math.floor((near + far) / 2);
    if (belongs(middle)) near = middle;
    else far = middle;
  }
  return {
    artifactId: row.artifact_id,
    first: row.rowid - near,
    last: row.rowid,
    firstLine: row.line_num - near,
  };
}

/** Row numbers between recorded ranges, newest first. A file that has no record of ranges is one gap. */
function gapsOf(store: Store): { first: number; last: number }[] {
  const all = { first: Number.MIN_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER };
  if (!store.hasTable("line_ranges")) return [all];
  // A run that was deleted without foreign keys leaves its ranges behind, and its row numbers to others.
  const live = "WITH live AS (SELECT * FROM line_ranges WHERE artifact_id IN (SELECT artifact_id FROM artifacts))";
  const between = store.all<{ first: number; last: number }>(
    `${live} SELECT below + 1 AS first, first_rowid - 1 AS last
     FROM (SELECT first_rowid, max(last_rowid) OVER (
             ORDER BY first_rowid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS below
           FROM live)
     WHERE first_rowid > coalesce(below, 0) + 1 ORDER BY first_rowid DESC`,
  );
  const { top } = store.get<{ top: number | null }>(`${live} SELECT max(last_rowid) AS top FROM live`)!;
  if (top === null) return [all];
  return [{ first: top + 1, last: all.last }, ...between.map((gap) => ({ ...gap, first: gap.first ?? all.first }))];
}
