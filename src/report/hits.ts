import type { Cell, RowSet } from "../model/rows.ts";
import { findRun } from "../store/runs.ts";
import { type Hit, searchLines } from "../store/search.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { linesAround } from "../store/surrounding-lines.ts";

export interface HitsSpec {
  /** A run selector, or null for every run: then a run_id column follows the others. */
  readonly selector: string | null;
  readonly query: string;
  readonly literal: boolean;
  readonly contains?: boolean;
  /** Hits at most; lines around them do not count. */
  readonly limit: number;
  readonly stepNum?: number;
  readonly kind?: string;
  /** The number of lines before and after each hit; with more than 0 a column `context` follows the others. */
  readonly context?: number;
}

export interface Hits extends RowSet {
  /** The query was no FTS5 expression and was taken as a phrase. */
  readonly asPhrase: boolean;
  /** Artifacts that are not wholly in the index. */
  readonly unindexed: number;
  /** The number and the name of each step of the run by its id; empty if every run was searched. */
  readonly steps: ReadonlyMap<string, { readonly num: number; readonly name: string }>;
}

/** Lines that match a query. */
export function hits(store: Store, { selector, context = 0, ...query }: HitsSpec): Hits {
  const run = selector === null ? null : findRun(store, selector);
  const found = searchLines(store, { ...query, run });
  const lines = context > 0 ? withLinesAround(store, found.hits, context) : found.hits;
  const isHit = new Set(found.hits);
  return {
    columns: [
      ...["artifact_id", "step_id", "kind", "path", "line_num", "text"],
      ...(run === null ? ["run_id"] : []),
      ...(context > 0 ? ["context"] : []),
    ],
    rows: lines.map((line): Cell[] => [
      ...[line.artifact_id, line.step_id, line.kind, line.path, line.line_num, line.text],
      ...(run === null ? [line.run_id] : []),
      ...(context > 0 ? [!isHit.has(line)] : []),
    ]),
    asPhrase: found.asPhrase,
    unindexed: found.unindexed,
    steps: new Map(
      run === null
        ? []
        : stepsOf(store, run.run_id).map((step) => [step.step_id, { num: step.step_num, name: step.step_name }]),
    ),
  };
}

/** The hits with the lines around them, each line once. */
function withLinesAround(store: Store, found: readonly Hit[], count: number): Hit[] {
  const byRow = new Map(found.map((hit) => [hit.rowid, hit]));
  const shown = new Set<number>();
  return found.flatMap((hit) =>
    linesAround(store, hit, count)
      .filter(({ rowid }) => !shown.has(rowid))
      .map((line) => {
        shown.add(line.rowid);
        return byRow.get(line.rowid) ?? { ...hit, ...line };
      }),
  );
}
