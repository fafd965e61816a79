import type { RunStatus } from "../model/step.ts";
import { findRun, type Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { type CountedRun, countedRuns } from "./statuses.ts";

/** What tells a person which run they are looking at. */
export interface RunFacts {
  readonly run: Run;
  readonly status: RunStatus;
  /** Null if the run was recorded without them. */
  readonly commit: string | null;
  readonly branch: string | null;
}

/** Throws NO_RUN. */
export function runFacts(store: Store, selector: string): RunFacts {
  const [{ run, status, counts }] = countedRuns(store, [findRun(store, selector)]) as [CountedRun];
  return {
    run,
    status,
    commit: counts.tags.get("git.commit") ?? null,
    branch: counts.tags.get("git.branch") ?? null,
  };
}
