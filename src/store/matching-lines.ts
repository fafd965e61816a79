import type { LineCondition } from "./line-condition.ts";
import type { Store } from "./store.ts";

/** Rows of the index. Both ends are included. */
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

/** More ranges than this are not asked one by one, unless more lines match than this. */
const MANY_RANGES = 50;
const MANY_LINES = 10_000;

/** Yields matching lines in the order of the ranges, some at a time. `left` says how many are still wanted: at least one. */
export function* linesOf(
  store: Store,
  condition: LineCondition,
  ranges: readonly Range[],
  left: () => number,
): Generator<readonly FoundLine[]> {
  const whole =
    condition.byWords && ranges.length > MANY_RANGES ? rowidsAtOnce(store, condition, ranges, left()) : null;
  if (!whole) {
    for (const range of ranges) yield linesBetween(store, condition, range, left());
    return;
  }
  for (let at = 0, count: number; at < whole.length; at += count) {
    count = left();
    yield linesAt(store, whole.slice(at, at + count));
  }
}

/**
 * Logs that were indexed at the same time lie in thousands of ranges, and each range costs a seek in every segment of the
 * index. So all ranges are one question, and its answer is put in order before the texts are read. Returns null if too many
 * lines match for that: then the first ranges have enough of them.
 */
function rowidsAtOnce(
  store: Store,
  condition: LineCondition,
  ranges: readonly Range[],
  limit: number,
): readonly number[] | null {
  const most = Number.isFinite(limit) ? limit + MANY_LINES : Number.POSITIVE_INFINITY;
  const byPlace = ranges.map((range, order) => ({ ...range, order })).sort((a, b) => a.first - b.first);
  const span = { first: byPlace[0]!.first, last: Math.max(...byPlace.map(({ last }) => last)) };
  const rowids = rowidsBetween(store, condition, span, most + 1);
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

/** FTS5 seeks if the rowid has bounds, instead of reading every match of all history. */
function linesBetween(store: Store, condition: LineCondition, { first, last }: Range, limit: number): FoundLine[] {
  return store.all<FoundLine>(
    `SELECT rowid, artifact_id, line_num, text FROM log_lines_fts
     WHERE ${condition.sql} AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?`,
    ...condition.params,
    first,
    last,
    Number.isFinite(limit) ? limit : -1,
  );
}

/** Returns the row ids only, for which FTS5 does not read the texts. */
export function rowidsBetween(store: Store, condition: LineCondition, { first, last }: Range, limit: number): number[] {
  const lines = store.all<{ rowid: number }>(
    `SELECT rowid FROM log_lines_fts WHERE ${condition.sql} AND rowid BETWEEN ? AND ? ORDER BY rowid LIMIT ?`,
    ...condition.params,
    first,
    last,
    Number.isFinite(limit) ? limit : -1,
  );
  return lines.map(({ rowid }) => rowid);
}

/** Returns these lines in the order of the array, which CROSS JOIN keeps. */
function linesAt(store: Store, rowids: readonly number[]): FoundLine[] {
  return store.all<FoundLine>(
    `SELECT f.rowid, f.artifact_id, f.line_num, f.text FROM json_each(?) wanted CROSS JOIN log_lines_fts f
     WHERE f.rowid = wanted.value`,
    JSON.stringify(rowids),
  );
}
