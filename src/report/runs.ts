import { shortRunId } from "../model/ids.ts";
import type { Cell, RowSet } from "../model/rows.ts";
import type { RunStatus } from "../model/step.ts";
import { parseTime } from "../model/time.ts";
import { sharedEnds } from "../store/run-counts.ts";
import { newestRuns } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { type CountedRun, countedRuns } from "./statuses.ts";

export interface RunsSpec {
  /** Null is any. */
  readonly suite: string | null;
  readonly status: RunStatus | null;
  /** Only runs that have all of these. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  /** Only runs that started then or later; epoch, in ms. Null is any. */
  readonly sinceMs: number | null;
  /** 0 is none, negative is all. */
  readonly limit: number;
}

/** Tags that every run gets by itself: what is the same in all of them tells nothing in a list. */
const AUTOMATIC = /^(?:root_dir|suite|user\.name|host\.\w+|ci\.\w+|git\.\w+|record\.\w+|exit\.(?:reason|signal))$/;

/** The number of runs that are looked at together if only some are wanted; it doubles with each look. */
const FIRST_LOOK = 64;

/** A row a run, newest first. `run` is the short id, which every `--run-id` takes; `tags` are the user's own. */
export function runs(store: Store, spec: RunsSpec): RowSet {
  const found = chosen(store, spec);
  const short = new Map(found.map(({ run: { run_id: id } }) => [id, shortRunId(id)]));
  const shared = sharedEnds(
    store,
    [...short].flatMap(([id, end]) => (id === end ? [] : [end])),
  );
  return {
    columns: [
      "run",
      "suite",
      "started_at",
      "duration_ms",
      "steps",
      "failed",
      "flaky",
      "status",
      "tags",
      "interrupted",
      "skipped",
      "not_run",
    ],
    rows: found.map(({ run, counts, status }): Cell[] => {
      const end = short.get(run.run_id)!;
      return [
        shared.has(end) ? run.run_id : end,
        run.suite,
        run.started_at,
        run.duration_ms,
        counts.total,
        counts.failed,
        counts.flaky,
        status,
        [...counts.tags].flatMap(([key, value]) => (AUTOMATIC.test(key) ? [] : [`${key}=${value}`])).join(", "),
        counts.interrupted,
        counts.skipped,
        counts.notRun,
      ];
    }),
  };
}

function chosen(store: Store, { suite, status, tags, sinceMs, limit }: RunsSpec): CountedRun[] {
  const isWanted = ({ status: is, counts }: CountedRun) =>
    (status === null || is === status) && tags.every(([key, value]) => counts.tags.get(key) === value);
  const takesAll = status === null && tags.length === 0 && sinceMs === null;
  if (takesAll) return countedRuns(store, newestRuns(store, suite, limit));
  const found: CountedRun[] = [];
  const most = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  for (let look = FIRST_LOOK, offset = 0; found.length < most; offset += look, look *= 2) {
    const page = newestRuns(store, suite, look, offset);
    const recent = sinceMs === null ? page : page.filter((run) => startMsOf(run.started_at) >= sinceMs);
    found.push(...countedRuns(store, recent).filter(isWanted));
    // They come newest first: behind one that is too old all are.
    if (page.length < look || recent.length < page.length) break;
  }
  return found.slice(0, most);
}

function startMsOf(started: string): number {
  return Number((parseTime(started) ?? 0n) / 1_000_000n);
}
