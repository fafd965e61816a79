import type { Store } from "./store.ts";

/** A directory that a recorder was told of; see files/vouched.ts. */
export interface VouchedDir {
  /** A run's root, all of which may be read; or a log directory, whose logs may. */
  readonly kind: "root" | "log";
  /** Real path. */
  readonly dir: string;
  /** As the recorder was told: of a root the run's root_dir. */
  readonly said: string;
  /** In hex: who says so, which nobody else can. */
  readonly mark: string;
}

/** Steps of one run may have logs in several places, though hardly ever in so many. */
const MOST_DIRS = 100;

/** Leaves a row that is there as it is, unless its mark is another one. */
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

/** Empty in a file of the Go build's. */
export function vouchedDirsOf(store: Store, runId: string): VouchedDir[] {
  if (!store.hasTable("vouched_dirs")) return [];
  return store.all<VouchedDir>(
    "SELECT kind, dir, said, mark FROM vouched_dirs WHERE run_id = ? LIMIT ?",
    runId,
    MOST_DIRS,
  );
}

/** Of a run that is deleted. */
export function vouchedDirsGone(store: Store, runId: string): void {
  store.run("DELETE FROM vouched_dirs WHERE run_id = ?", runId);
}
