import type { Store } from "./store.ts";

/** Rows of the index, both ends included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface FoundLine {
  readonly rowid: number;
  readonly artifact_id: number;
  readonly line_num: number;
  readonly text: string;
}

/** With more ranges than this they are not asked one by one, unless more lines match than this. */
const MANY_RANGES = 50;
const MANY_LINES = 10_000;

/** Matching lines in the order of the ranges, some at a time. `left` is how many are still wanted: at least one. */
export function* linesOf(
  store: Store,
  expression: string,
  ranges: readonly Range[],
  left: () => number,
): Generator<readonly FoundLine[]> {
  const whole = ranges.length > MANY_RANGES ? rowidsAtOnce(store, expression, ranges, left()) : null;
  if (!whole) {
    for (const range of ranges) yield linesBetween(store, expression, range, left());
    return;
  }
  for (let at = 0, count: number; at < whole.length; at += count) {
    count = left();
    yield linesAt(store, whole.slice(at, at + count));
  }
}

/**
 * Logs that were indexed at the same time lie in thousands of ranges, and each costs a look into every segment of the
 * index: one question for all of them, put in order afterwards, before the texts are read. Null when too many lines match
 * for that: then the first ranges have enough of them.
 */
function rowidsAtOnce(
  store: Store,
  expression: string,
  ranges: readonly Range[],
  limit: number,
): readonly number[] | null {
  const most = Number.isFinite(limit) ? limit + MANY_LINES : Number.POSITIVE_INFINITY;
  const byPlace = ranges.map((range, order) => ({ ...range, order })).sort((a, b) => a.first - b.first);
  const span = { first: byPlace[0]!.first, last: Math.max(...byPlace.map(({ last }) => last)) };
  const rowids = rowidsBetween(store, expression, span, most + 1);
  if (rowids.length > most) return null;
  const ordered: number[][] = ranges.map(() => []);
  let at = 0;
  for (const rowid of rowids) {
    while (at < byPlace.length && byPlace[at]!.last < rowid) at++;
    const range = byPlace[at];
    if (range && range.first <= rowid) ordered[range.order]!.push(rowid);
  }
  return ordered.flat();
}

/** With bounds on its rowid FTS5 seeks, instead of reading every match of all history. */
function linesBetween(store: Store, expression: string, { first, last }: Range, limit: number): FoundLine[] {
  return store.all<FoundLine>(
    `SELECT rowid, artifact_id, line_num, text FROM log_lines_fts
     WHERE log_lines_fts MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?`,
    expression,
    first,
    last,
    Number.isFinite(limit) ? limit : -1,
  );
}

/** The same, but for the texts: without them only the index is read. */
export function rowidsBetween(store: Store, expression: string, { first, last }: Range, limit: number): number[] {
  const lines = store.all<{ rowid: number }>(
    `SELECT rowid FROM log_lines_fts WHERE log_lines_fts MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?`,
    expression,
    first,
    last,
    Number.isFinite(limit) ? limit : -1,
  );
  return lines.map(({ rowid }) => rowid);
}

/** CROSS JOIN keeps the order of the array. */
function linesAt(store: Store, rowids: readonly number[]): FoundLine[] {
  return store.all<FoundLine>(
    `SELECT f.rowid, f.artifact_id, f.line_num, f.text FROM json_each(?) wanted CROSS JOIN log_lines_fts f
     WHERE f.rowid = wanted.value`,
    JSON.stringify(rowids),
  );
}
