import { shortRunId } from "../model/ids.ts";
import type { Cell, RowSet } from "../model/rows.ts";
import type { RunStatus } from "../model/step.ts";
import { sharedEnds } from "../store/run-counts.ts";
import { newestRuns } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { type CountedRun, countedRuns } from "./statuses.ts";

export interface RunsSpec {
  /** Null is any. */
  readonly suite: string | null;
  readonly status: RunStatus | null;
  /** 0 is none, negative is all. */
  readonly limit: number;
}

/** Tags that every run gets by itself: what is the same in all of them tells nothing in a list. */
const AUTOMATIC = /^(?:root_dir|suite|user\.name|host\.\w+|ci\.\w+|git\.\w+|record\.\w+|exit\.(?:reason|signal))$/;

/** Runs that are looked at together when a status is searched for; twice as many with each look. */
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

function chosen(store: Store, { suite, status, limit }: RunsSpec): CountedRun[] {
  if (limit < 0 || status === null) {
    const all = countedRuns(store, newestRuns(store, suite, limit));
    return status === null ? all : all.filter((entry) => entry.status === status);
  }
  const found: CountedRun[] = [];
  for (let look = FIRST_LOOK, offset = 0; found.length < limit; offset += look, look *= 2) {
    const page = newestRuns(store, suite, look, offset);
    found.push(...countedRuns(store, page).filter((entry) => entry.status === status));
    if (page.length < look) break;
  }
  return found.slice(0, limit);
}
