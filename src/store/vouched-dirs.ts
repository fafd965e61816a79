import type { Store } from "./store.ts";

/** A directory that a recorder was told of; see files/vouched.ts. */
export interface VouchedDir {
  /** A run's root, all of which may be read; or a log directory, whose logs may. */
  readonly kind: "root" | "log";
  /** Real path. */
  readonly dir: string;
  /** In hex: who says so, which nobody else can. */
  readonly mark: string;
}

/** Steps of one run may have logs in several places, though hardly ever in so many. */
const MOST_DIRS = 100;

/** Leaves a row that is there as it is, unless its mark is another one. */
export function insertVouchedDir(store: Store, runId: string, { kind, dir, mark }: VouchedDir): void {
  store.run(
    `INSERT INTO vouched_dirs(run_id, kind, dir, mark) VALUES (?, ?, ?, ?)
     ON CONFLICT(run_id, kind, dir) DO UPDATE SET mark = excluded.mark WHERE mark <> excluded.mark`,
    runId,
    kind,
    dir,
    mark,
  );
}

/** Empty in a file of the Go build's. */
export function vouchedDirsOf(store: Store, runId: string): VouchedDir[] {
  if (!store.hasTable("vouched_dirs")) return [];
  return store.all<VouchedDir>("SELECT kind, dir, mark FROM vouched_dirs WHERE run_id = ? LIMIT ?", runId, MOST_DIRS);
}
