import type { Store } from "./store.ts";

/**
 * Moves the whole write-ahead log into the database and cuts it to nothing, so that the next transaction needs no room
 * behind it: what a full disk, or a limit of the file size, has refused may fit then. Throws what SQLite does.
 */
export function emptyLog(store: Store): void {
  store.all("PRAGMA wal_checkpoint(TRUNCATE)");
}
