import type { RowSet } from "../model/rows.ts";
import { findRun } from "../store/runs.ts";
import { searchLines } from "../store/search.ts";
import type { Store } from "../store/store.ts";

export interface HitsSpec {
  /** A run selector, or null for every run: then a run_id column comes behind the others. */
  readonly selector: string | null;
  readonly query: string;
  readonly literal: boolean;
  readonly contains?: boolean;
  readonly limit: number;
  readonly stepNum?: number;
  readonly kind?: string;
}

export interface Hits extends RowSet {
  /** The query was no FTS5 expression and was taken as a phrase. */
  readonly asPhrase: boolean;
  /** Artifacts that are not wholly in the index. */
  readonly unindexed: number;
}

/** Lines that match a query. */
export function hits(store: Store, spec: HitsSpec): Hits {
  const { selector, ...query } = spec;
  const found = searchLines(store, { ...query, run: selector === null ? null : findRun(store, selector) });
  const everyRun = selector === null;
  return {
    columns: ["artifact_id", "step_id", "kind", "path", "line_num", "text", ...(everyRun ? ["run_id"] : [])],
    rows: found.hits.map((hit) => [
      hit.artifact_id,
      hit.step_id,
      hit.kind,
      hit.path,
      hit.line_num,
      hit.text,
      ...(everyRun ? [hit.run_id] : []),
    ]),
    asPhrase: found.asPhrase,
    unindexed: found.unindexed,
  };
}
