import { median, medianDeviation, quantile } from "./statistics.ts";

/** Fewer passing durations say nothing about what is usual. */
export const FEWEST_TO_JUDGE = 5;
/** Older ones are left out: a suite changes. */
const MOST_OF_HISTORY = 50;
/** Fewer make a change of three runs look like chance. */
const FEWEST_FOR_A_REGRESSION = 10;
const LATEST = 3;
/** A difference that nobody waits for. */
const NOTICEABLE_MS = 200;
const NOTICEABLE_RATIO = 1.2;
/** Spread below this is the clock's and the scheduler's. */
const LEAST_SPREAD_MS = 20;
const LEAST_SPREAD_RATIO = 0.05;
/** Makes a median deviation comparable to a standard deviation of normal noise. */
const NORMAL_DEVIATIONS = 1.4826;

export interface Usual {
  readonly medianMs: number;
  readonly spreadMs: number;
}

/** What is usual among the passing durations of comparable runs; null if there are fewer than five. */
export function usualDuration(historyMs: readonly number[]): Usual | null {
  const recent = historyMs.slice(-MOST_OF_HISTORY);
  const medianMs = median(recent);
  if (medianMs === null || recent.length < FEWEST_TO_JUDGE) return null;
  const deviation = NORMAL_DEVIATIONS * medianDeviation(recent)!;
  return { medianMs, spreadMs: Math.max(deviation, LEAST_SPREAD_RATIO * medianMs, LEAST_SPREAD_MS) };
}

/**
 * Whether one passing duration is far from those before it (oldest first): by more than the noise allows, by an amount that a
 * person notices, and beyond all that was seen so far. The last condition keeps steps that have two usual durations (a cache
 * that hits or misses) from being named each time. Null if fewer than five are known.
 */
export function isUnusual(nowMs: number, historyMs: readonly number[]): "slower" | "faster" | "usual" | null {
  const usual = usualDuration(historyMs);
  if (usual === null) return null;
  const { medianMs, spreadMs } = usual;
  const recent = historyMs.slice(-MOST_OF_HISTORY);
  if (
    nowMs > medianMs + 4 * spreadMs &&
    nowMs > NOTICEABLE_RATIO * medianMs &&
    nowMs - medianMs > NOTICEABLE_MS &&
    nowMs > 1.1 * Math.max(...recent)
  ) {
    return "slower";
  }
  if (
    nowMs < medianMs - 4 * spreadMs &&
    nowMs < medianMs / NOTICEABLE_RATIO &&
    medianMs - nowMs > NOTICEABLE_MS &&
    nowMs < Math.min(...recent) / 1.1
  ) {
    return "faster";
  }
  return "usual";
}

/** A lasting change, with the medians before it and since. */
export interface DurationChange {
  readonly direction: "slower" | "faster";
  readonly beforeMs: number;
  readonly sinceMs: number;
}

/**
 * Whether the last three passing durations (oldest first) differ from all that came before in a way that noise does not
 * explain: each of them beyond two spreads, the mildest beyond the outer tenth of before, and their median by a fifth and 200 ms.
 * Null if there is no such change, or fewer than ten durations before it. This is the only rule that may fail a build.
 */
export function durationChange(seriesMs: readonly number[]): DurationChange | null {
  const latest = seriesMs.slice(-LATEST);
  const before = seriesMs.slice(0, -LATEST).slice(-MOST_OF_HISTORY);
  const usual = usualDuration(before);
  if (usual === null || before.length < FEWEST_FOR_A_REGRESSION || latest.length < LATEST) return null;
  const { medianMs, spreadMs } = usual;
  const sinceMs = median(latest)!;
  const change = { beforeMs: medianMs, sinceMs };
  const slower =
    latest.every((ms) => ms > medianMs + 2 * spreadMs) &&
    Math.min(...latest) > quantile(before, 0.9)! &&
    sinceMs > NOTICEABLE_RATIO * medianMs &&
    sinceMs - medianMs > NOTICEABLE_MS;
  if (slower) return { direction: "slower", ...change };
  const faster =
    latest.every((ms) => ms < medianMs - 2 * spreadMs) &&
    Math.max(...latest) < quantile(before, 0.1)! &&
    sinceMs < medianMs / NOTICEABLE_RATIO &&
    medianMs - sinceMs > NOTICEABLE_MS;
  return faster ? { direction: "faster", ...change } : null;
}
