import type { Store } from "./store.ts";

/** Number and bytes of the recorded files of a suite, by kind. */
export interface FileUsage {
  readonly suite: string | null;
  readonly kind: string;
  readonly runs: number;
  readonly files: number;
  readonly bytes: number;
}

export function fileUsage(store: Store): FileUsage[] {
  return store.all<FileUsage>(
    `SELECT r.suite, a.kind, count(DISTINCT a.run_id) AS runs, count(*) AS files, coalesce(sum(a.size_bytes), 0) AS bytes
     FROM artifacts a JOIN scenario_runs r ON r.run_id = a.run_id GROUP BY r.suite, a.kind ORDER BY bytes DESC`,
  );
}

/** Bytes of the search index: its words, and its copy of each line. 0 without an index. */
export function indexBytes(store: Store): number {
  if (!store.fts) return 0;
  // The length of a value stands in its row's header: the values themselves are not read.
  return store.get<{ n: number }>(
    `SELECT (SELECT coalesce(sum(length(block)), 0) FROM log_lines_fts_data)
          + (SELECT coalesce(sum(length(CAST(c3 AS BLOB))), 0) FROM log_lines_fts_content) AS n`,
  )!.n;
}
