import fs from "node:fs";
import type { Cell, RowSet } from "../model/rows.ts";
import { fileUsage, indexBytes } from "../store/disk-usage.ts";
import { pagesOf } from "../store/prune-space.ts";
import type { Store } from "../store/store.ts";

/**
 * What takes the space: the recorded files by suite and kind, and the parts of the database, the largest first. Files count as
 * they were recorded; `verify` says which are gone. `runs` and `files` are null for a part of the database.
 */
export function diskUsage(store: Store): RowSet {
  const { pageBytes, pages, freePages } = pagesOf(store);
  const index = indexBytes(store);
  const parts: Cell[][] = [
    [null, "database: search index", null, null, index],
    [null, "database: rows", null, null, Math.max(0, pageBytes * (pages - freePages) - index)],
    [null, "database: free", null, null, pageBytes * freePages],
    [
      null,
      "database: write-ahead log",
      null,
      null,
      fs.statSync(`${store.path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    ],
  ];
  const files = fileUsage(store).map(({ suite, kind, ...of }): Cell[] => [suite, kind, of.runs, of.files, of.bytes]);
  return {
    columns: ["suite", "kind", "runs", "files", "bytes"],
    rows: [...files, ...parts].sort((a, b) => Number(b[4]) - Number(a[4])),
  };
}
