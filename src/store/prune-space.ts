import type { Store } from "./store.ts";

export interface Pages {
  readonly pageBytes: number;
  readonly pages: number;
  readonly freePages: number;
  /** Whether the file can be shortened in small steps (`auto_vacuum = INCREMENTAL`). */
  readonly incremental: boolean;
}

export function pagesOf(store: Store): Pages {
  const row = store.get<{ page_size: number; page_count: number; freelist_count: number; auto_vacuum: number }>(
    "SELECT page_size, page_count, freelist_count, auto_vacuum FROM pragma_page_size, pragma_page_count, pragma_freelist_count, pragma_auto_vacuum",
  )!;
  return {
    pageBytes: row.page_size,
    pages: row.page_count,
    freePages: row.freelist_count,
    incremental: row.auto_vacuum === 2,
  };
}

/** Gives back at most so many free pages, within the caller's transaction. */
export function giveBackPages(store: Store, most: number): void {
  store.all(`PRAGMA incremental_vacuum(${Math.max(1, Math.floor(most))})`);
}

/**
 * Writes the whole database anew, which gives all free space back and lets later prunings do so in small steps. It holds the
 * lock for as long as it takes. Throws LOCKED.
 */
export function vacuum(store: Store): void {
  store.run("PRAGMA auto_vacuum = INCREMENTAL");
  store.run("VACUUM");
}

/**
 * A step of merging the pieces of the index, by about so many pages; without it a deleted line leaves its words there. `begin`
 * gathers all pieces first. False if there is nothing left to merge.
 */
export function mergeIndex(store: Store, pages: number, begin: boolean): boolean {
  const changes = () => store.get<{ n: number }>("SELECT total_changes() AS n")!.n;
  const before = changes();
  store.run("INSERT INTO log_lines_fts(log_lines_fts, rank) VALUES ('merge', ?)", begin ? -pages : pages);
  // https://www.sqlite.org/fts5.html#the_merge_command: fewer than 2 changes mean that it did nothing.
  return changes() - before >= 2;
}
