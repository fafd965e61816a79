import type { Store } from "./store.ts";

/** A directory that a recorder was told of; see files/vouched.ts. */
export interface VouchedDir {
  /** A run's root, all of which may be read; or a log directory, whose logs may. */
  readonly kind: "root" | "log";
  /** A real path. */
  readonly dir: string;
  /** What the recorder was told; for a root that is the run's root_dir. */
  readonly said: string;
  /** A MAC in hex, which only this user can make. */
  readonly mark: string;
}

/** Steps of one run may have logs in several places, though hardly ever in so many. */
const MOST_DIRS = 100;

/** Leaves an existing row as it is, unless its mark differs. */
export function insertVouchedDir(store: Store, runId: string, { kind, dir, said, mark }: VouchedDir): void {
  store.run(
    `INSERT INTO vouched_dirs(run_id, kind, dir, said, mark) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT(run_id, kind, dir, said) DO UPDATE SET mark = excluded.mark WHERE mark <> excluded.mark`,
    runId,
    kind,
    dir,
    said,
    mark,
  );
}

/** Returns nothing in a file of the Go build. */
export function vouchedDirsOf(store: Store, runId: string): VouchedDir[] {
  if (!store.hasTable("vouched_dirs")) return [];
  return store.all<VouchedDir>(
    "SELECT kind, dir, said, mark FROM vouched_dirs WHERE run_id = ? LIMIT ?",
    runId,
    MOST_DIRS,
  );
}

/** Forgets the directories of a run that is deleted. */
export function vouchedDirsGone(store: Store, runId: string): void {
  store.run("DELETE FROM vouched_dirs WHERE run_id = ?", runId);
}
