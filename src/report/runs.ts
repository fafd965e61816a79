import { shortRunId } from "../model/ids.ts";
import type { Cell, RowSet } from "../model/rows.ts";
import type { Status } from "../model/step.ts";
import { openAttempts } from "../store/attempts.ts";
import { countsOfRuns, type RunCounts, sharedEnds } from "../store/run-counts.ts";
import { newestRuns, type Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { type RecorderCheck, statusOfRun } from "./statuses.ts";

export interface RunsSpec {
  /** Null is any. */
  readonly suite: string | null;
  readonly status: Status | null;
  /** 0 is none, negative is all. */
  readonly limit: number;
}

/** Tags that every run gets by itself: what is the same in all of them tells nothing in a list. */
const AUTOMATIC = /^(?:root_dir|suite|user\.name|host\.\w+|ci\.\w+|git\.\w+|record\.\w+)$/;

/** Runs that are looked at together when a status is searched for; twice as many with each look. */
const FIRST_LOOK = 64;

/** A row a run, newest first. `run` is the short id, which every `--run-id` takes; `tags` are the user's own. */
export function runs(store: Store, spec: RunsSpec, isAlive: RecorderCheck): RowSet {
  const found = chosen(store, spec, isAlive);
  const short = new Map(found.map(({ run: { run_id: id } }) => [id, shortRunId(id)]));
  const shared = sharedEnds(
    store,
    [...short].flatMap(([id, end]) => (id === end ? [] : [end])),
  );
  return {
    columns: ["run", "suite", "started_at", "duration_ms", "steps", "failed", "flaky", "status", "tags"],
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
      ];
    }),
  };
}

interface Listed {
  readonly run: Run;
  readonly counts: RunCounts;
  readonly status: Status;
}

function chosen(store: Store, { suite, status, limit }: RunsSpec, isAlive: RecorderCheck): Listed[] {
  if (limit < 0 || status === null) {
    const all = listed(store, newestRuns(store, suite, limit), isAlive);
    return status === null ? all : all.filter((entry) => entry.status === status);
  }
  const found: Listed[] = [];
  for (let look = FIRST_LOOK, offset = 0; found.length < limit; offset += look, look *= 2) {
    const page = newestRuns(store, suite, look, offset);
    found.push(...listed(store, page, isAlive).filter((entry) => entry.status === status));
    if (page.length < look) break;
  }
  return found.slice(0, limit);
}

function listed(store: Store, page: readonly Run[], isAlive: RecorderCheck): Listed[] {
  const counts = countsOfRuns(
    store,
    page.map(({ run_id }) => run_id),
  );
  return page.map((run) => {
    const own = counts.get(run.run_id)!;
    const mayRun = run.completed_at === null && own.unfinished > 0;
    const running = mayRun ? openAttempts(store, run.run_id).filter(isAlive).length : 0;
    return { run, counts: own, status: statusOfRun(run, own.failed + own.unfinished, running) };
  });
}
