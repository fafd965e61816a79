import { countLines } from "../../store/lines.ts";
import {
  deleteByHand,
  findOrphanRuns,
  forgetPrunedRun,
  hideRun,
  isRecordedAgain,
  type PrunedRun,
  prunedRuns,
} from "../../store/prune.ts";
import { orphanSegments } from "../../store/prune-lines.ts";
import { forgetRanges, orphanRanges, rangeSlice, slicesOf } from "../../store/prune-rows.ts";
import { giveBackPages, mergeIndex, pagesOf } from "../../store/prune-space.ts";
import type { Store } from "../../store/store.ts";
import { vouchedDirsGone } from "../../store/vouched-dirs.ts";
import { type ChosenRun, type PruneSpec, runsToPrune } from "./choose.ts";
import { Claims, type DeletedFiles, deleteFiles } from "./files.ts";
import { Pace } from "./pace.ts";

export interface Pruned {
  readonly runs: readonly ChosenRun[];
  /** Runs of an earlier pruning that did not come to its end, or whose row was deleted by SQL. */
  readonly resumed: number;
  readonly files: number;
  readonly fileBytes: number;
  readonly lines: number;
  /** How much shorter the database file is. */
  readonly databaseBytes: number;
  /** What stays free within the file, for what comes. */
  readonly freeBytes: number;
  readonly incremental: boolean;
  readonly problems: readonly string[];
}

/** The index is merged if at least this share of its lines was deleted: that writes all of it anew. */
const MERGE_SHARE = 0.1;

/**
 * Deletes runs: first each is hidden, in one short transaction, so that no report shows half of it; then its files go, its
 * lines and rows, in slices of a few milliseconds between which others write. What another pruning has left is done first.
 */
export async function prune(store: Store, spec: PruneSpec, nowMs: number): Promise<Pruned> {
  deleteByHand(store);
  const before = pagesOf(store);
  const linesBefore = store.fts ? countLines(store) : 0;
  findOrphanRuns(store);
  const resumed = prunedRuns(store);
  const chosen = runsToPrune(store, spec, nowMs);
  const hidden: ChosenRun[] = [];
  for (const one of chosen)
    if (await store.backgroundTransaction(() => hideRun(store, one.run.run_id))) hidden.push(one);
  const claims = new Claims(store);
  const pace = new Pace(store);
  const total = { files: 0, fileBytes: 0, problems: [] as string[] };
  for (const run of prunedRuns(store)) {
    const done = await deleteRun(store, run, claims, pace);
    total.files += done.files;
    total.fileBytes += done.bytes;
    total.problems.push(...done.problems);
  }
  if (store.fts) await sweepLines(store, pace);
  const lines = store.fts ? linesBefore - countLines(store) : 0;
  if (lines > 0 && lines >= MERGE_SHARE * linesBefore) await merge(store);
  if (before.incremental) await giveBack(store);
  store.checkpoint();
  const after = pagesOf(store);
  return {
    runs: hidden,
    resumed: resumed.length,
    ...total,
    lines,
    databaseBytes: Math.max(0, before.pages - after.pages) * after.pageBytes,
    freeBytes: after.freePages * after.pageBytes,
    incremental: after.incremental,
  };
}

async function deleteRun(store: Store, run: PrunedRun, claims: Claims, pace: Pace): Promise<DeletedFiles> {
  if (isRecordedAgain(store, run.run_id)) {
    await store.backgroundTransaction(() => forgetPrunedRun(store, run.run_id));
    return { files: 0, bytes: 0, problems: [] };
  }
  const done = deleteFiles(store, run, claims);
  for (const slice of slicesOf(store, run.run_id)) await pace.untilDone(slice);
  // Last: until here they tell which files may be deleted.
  await store.backgroundTransaction(() => {
    vouchedDirsGone(store, run.run_id);
    forgetPrunedRun(store, run.run_id);
  });
  return done;
}

/** Lines of artifacts that somebody has deleted by SQL: those that our recorder noted, and those of the Go build. */
async function sweepLines(store: Store, pace: Pace): Promise<void> {
  for (const { artifact_id: id, first_rowid: first, last_rowid: last } of orphanRanges(store)) {
    await pace.untilDone(rangeSlice(store, { artifactId: id, first, last }));
    await store.backgroundTransaction(() => forgetRanges(store, id));
  }
  for (const segment of orphanSegments(store)) await pace.untilDone(rangeSlice(store, segment));
}

/** The slowest of such steps takes 20 to 25 ms; of 64 pages, 60. */
const MERGE_PAGES = 24;

async function merge(store: Store): Promise<void> {
  let isMore = await store.backgroundTransaction(() => mergeIndex(store, MERGE_PAGES, true));
  while (isMore) isMore = await store.backgroundTransaction(() => mergeIndex(store, MERGE_PAGES, false));
}

const VACUUM_PAGES = 300;

async function giveBack(store: Store): Promise<void> {
  for (let free = pagesOf(store).freePages; free > 0; ) {
    await store.backgroundTransaction(() => giveBackPages(store, VACUUM_PAGES));
    const now = pagesOf(store).freePages;
    if (now >= free) return;
    free = now;
  }
}
