import { statusOfRun } from "../../model/run-status.ts";
import type { RunStatus } from "../../model/step.ts";
import { parseTime } from "../../model/time.ts";
import { openAttempts } from "../../store/attempts.ts";
import { fileBytesOfRuns } from "../../store/prune.ts";
import { pagesOf } from "../../store/prune-space.ts";
import { isRecording } from "../../store/recorders.ts";
import { countsOfRuns } from "../../store/run-counts.ts";
import { newestRuns, type Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";

/** What may go. Null: no such limit. A run goes if `keep` and `olderThanMs` both let it go, or if `maxBytes` wants it. */
export interface PruneSpec {
  /** Newest runs of each suite. */
  readonly keep: number | null;
  readonly olderThanMs: number | null;
  /** Of the database and the logs together. */
  readonly maxBytes: number | null;
  /** Runs that did not pass stay for so long. Null: three times `olderThanMs`. */
  readonly keepFailedMs: number | null;
  /** Only its runs; null is any. */
  readonly suite: string | null;
}

export interface ChosenRun {
  readonly run: Run;
  readonly status: RunStatus;
  readonly fileBytes: number;
}

/** A run without an end may go on: between two steps of a harness nobody records. */
const OPEN_RUN_MS = 24 * 3600 * 1000;
const FAILED_FACTOR = 3;

/**
 * The runs to take away, oldest first. Never one that may be going on, nor the newest pass of a suite, which others are
 * compared with. By size, those that passed go before those that did not.
 */
export function runsToPrune(store: Store, spec: PruneSpec, nowMs: number): ChosenRun[] {
  const all = newestRuns(store, null, -1);
  const counts = countsOfRuns(
    store,
    all.map(({ run_id }) => run_id),
  );
  const bytes = fileBytesOfRuns(store);
  const candidates: (ChosenRun & { readonly ageMs: number; readonly rank: number })[] = [];
  const seen = new Map<string | null, { runs: number; passed: boolean }>();
  let totalBytes = 0;
  for (const run of all) {
    const own = counts.get(run.run_id)!;
    const status = statusOfRun({ ...run, reason: own.tags.get("exit.reason") }, own, 0);
    const fileBytes = bytes.get(run.run_id) ?? 0;
    totalBytes += fileBytes;
    const suite = seen.get(run.suite) ?? { runs: 0, passed: false };
    seen.set(run.suite, suite);
    const rank = suite.runs++;
    const isLastPass = status === "passed" && !suite.passed;
    if (isLastPass) suite.passed = true;
    const ageMs = nowMs - Number((parseTime(run.started_at) ?? 0n) / 1_000_000n);
    if (isLastPass || (spec.suite !== null && run.suite !== spec.suite)) continue;
    if (run.completed_at === null && (ageMs < OPEN_RUN_MS || openAttempts(store, run.run_id).some(isRecording)))
      continue;
    const failedMs = keepFailedMs(spec);
    if (status !== "passed" && failedMs > 0 && ageMs < failedMs) continue;
    candidates.push({ run, status, fileBytes, ageMs, rank });
  }
  candidates.reverse();
  const { keep, olderThanMs, maxBytes } = spec;
  const byRule = (keep !== null || olderThanMs !== null) as boolean;
  const chosen = new Set(
    candidates.filter(
      ({ rank, ageMs }) => byRule && (keep === null || rank >= keep) && (olderThanMs === null || ageMs > olderThanMs),
    ),
  );
  if (maxBytes !== null) {
    const { pageBytes, pages, freePages } = pagesOf(store);
    const databaseBytes = pageBytes * (pages - freePages);
    // Lines of logs are most of a database: each run's share of it is that of its logs.
    const costOf = (one: ChosenRun) =>
      one.fileBytes + (totalBytes > 0 ? (databaseBytes * one.fileBytes) / totalBytes : 0);
    let left = databaseBytes + totalBytes;
    for (const one of chosen) left -= costOf(one);
    const protectedRanks = keep ?? 0;
    const rest = candidates.filter((one) => !chosen.has(one) && one.rank >= protectedRanks);
    const ordered = [
      ...rest.filter(({ status }) => status === "passed"),
      ...rest.filter(({ status }) => status !== "passed"),
    ];
    for (const one of ordered) {
      if (left <= maxBytes) break;
      chosen.add(one);
      left -= costOf(one);
    }
  }
  return candidates.filter((one) => chosen.has(one));
}

function keepFailedMs({ keepFailedMs: given, olderThanMs }: PruneSpec): number {
  if (given !== null) return given;
  return olderThanMs === null ? 0 : FAILED_FACTOR * olderThanMs;
}
