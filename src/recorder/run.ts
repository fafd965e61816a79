import os from "node:os";
import { newRunId } from "../model/ids.ts";
import { type Clock, elapsedMs, systemClock } from "../model/time.ts";
import { findRun, finishRun, insertRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { insertTags } from "../store/tags.ts";

export interface RunSpec {
  readonly rootDir: string;
  /** "" is none. */
  readonly suite: string;
  /** "" is a generated one. */
  readonly runId: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** Returns the new run's id. */
export function startRun(store: Store, spec: RunSpec, clock: Clock = systemClock): string {
  const startedAt = clock.now();
  const runId = spec.runId || newRunId(startedAt, process.pid);
  const tags = new Map([["root_dir", spec.rootDir], ["suite", spec.suite], ["user.name", userName()], ...spec.tags]);
  store.immediate(() => {
    insertRun(store, { run_id: runId, root_dir: spec.rootDir, suite: spec.suite || null, started_at: startedAt });
    insertTags(store, { runId, stepId: null }, tags);
  });
  return runId;
}

/** Sets the end of a run. A second call sets it anew. */
export function endRun(store: Store, selector: string, exitCode: number, clock: Clock = systemClock): void {
  store.immediate(() => {
    const run = findRun(store, selector);
    const completedAt = clock.now();
    finishRun(store, run.run_id, { completedAt, exitCode, durationMs: elapsedMs(run.started_at, completedAt) });
  });
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return process.env.USER ?? ""; // a uid without a passwd entry, as containers have it
  }
}
