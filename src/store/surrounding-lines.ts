import type { Range } from "./matching-lines.ts";
import type { Store } from "./store.ts";

/** A line of the index that stands near a hit. */
export interface NearLine {
  readonly rowid: number;
  readonly line_num: number;
  readonly text: string;
}

/**
 * The lines up to `count` before and after an indexed line, and the line itself, in the order of the log. Fewer at the ends
 * of a log, and around what is not indexed.
 */
export function linesAround(store: Store, hit: { rowid: number; artifact_id: number }, count: number): NearLine[] {
  const rowids = neighbours(rangesOf(store, hit.artifact_id), hit.rowid, count);
  return store
    .all<NearLine & { artifact_id: number }>(
      "SELECT rowid, artifact_id, line_num, text FROM log_lines_fts WHERE rowid IN (SELECT value FROM json_each(?)) ORDER BY rowid",
      JSON.stringify(rowids),
    )
    .filter(({ artifact_id }) => artifact_id === hit.artifact_id);
}

/** Where the artifact's lines are; one range of everything if that is not on record, as in files of the Go build. */
function rangesOf(store: Store, artifactId: number): Range[] {
  const ranges = store.hasTable("line_ranges")
    ? store.all<Range>(
        "SELECT first_rowid AS first, last_rowid AS last FROM line_ranges WHERE artifact_id = ? ORDER BY first_rowid",
        artifactId,
      )
    : [];
  return ranges.length > 0 ? ranges : [{ first: 1, last: Number.MAX_SAFE_INTEGER }];
}

/** A log that was indexed in pieces has gaps between its rows, in which the lines of other logs lie. */
function neighbours(ranges: readonly Range[], rowid: number, count: number): number[] {
  const own = ranges.findIndex(({ first, last }) => first <= rowid && rowid <= last);
  if (own < 0) return [rowid];
  const found = [rowid];
  for (let at = own, row = rowid - 1; at >= 0 && found.length <= count; row = ranges[--at]?.last ?? 0) {
    for (; row >= ranges[at]!.first && found.length <= count; row--) found.push(row);
  }
  const most = found.length + count;
  for (let at = own, row = rowid + 1; at < ranges.length && found.length < most; row = ranges[++at]?.first ?? 0) {
    for (; row <= ranges[at]!.last && found.length < most; row++) found.push(row);
  }
  return found;
}
