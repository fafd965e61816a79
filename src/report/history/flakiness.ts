import { type Interval, wilsonInterval } from "./statistics.ts";

/** What one run of a step contributes to its history. */
export interface Outcome {
  readonly runId: string;
  /** Of its last attempt. */
  readonly passed: boolean;
  /** An earlier attempt of the same run failed, though the last one passed. */
  readonly passedOnRetry: boolean;
  /** What it ran: commit, script and arguments. Null if that is not known, or the working tree was dirty. */
  readonly code: string | null;
  /** Epoch, in ms. */
  readonly startedMs: number;
}

/** Under this many runs there is no verdict: never "stable". */
export const FEWEST_RUNS = 5;
const WINDOW = 10;
const RECENT = 5;
const FEWEST_FLIPS = 3;
/** How far back a pass and a failure of the same code are compared. */
const PROOF_RUNS = 50;
const PROOF_MS = 14 * 24 * 3600 * 1000;
/** So many passes in a row take the mark away. */
const CLEAN_PASSES = 10;

export type Flakiness = "proven" | "likely" | "none" | "too few runs";

export interface FlakyVerdict {
  readonly flakiness: Flakiness;
  /** Runs that show it: those that differ though the code is the same, or that changed sides. */
  readonly evidence: readonly string[];
}

export interface Rates {
  readonly runs: number;
  readonly failed: number;
  /** The 95 % interval of the failure rate. */
  readonly interval: Interval;
  /** How often the outcome changed from one run to the next, and how often it could have. */
  readonly flips: number;
  readonly transitions: number;
}

export function ratesOf(outcomes: readonly Outcome[]): Rates {
  const failed = outcomes.filter(({ passed }) => !passed).length;
  return {
    runs: outcomes.length,
    failed,
    interval: wilsonInterval(failed, outcomes.length),
    flips: flipsIn(outcomes),
    transitions: Math.max(0, outcomes.length - 1),
  };
}

/**
 * Whether a step fails at random, judged from its outcomes, oldest first. It is proven if the same code both passed and failed; it
 * is likely if it changed sides often and did so lately. A step that broke once, or broke and was mended, is neither. A mark
 * stays until ten passes in a row.
 */
export function flakinessOf(outcomes: readonly Outcome[]): FlakyVerdict {
  let proof: { evidence: readonly string[]; at: number } | null = null;
  let likely: { evidence: readonly string[]; at: number } | null = null;
  for (let end = 1; end <= outcomes.length; end++) {
    const seen = outcomes.slice(0, end);
    const now = end - 1;
    const proved = proofAt(seen);
    if (proved) proof = { evidence: proved, at: now };
    if (looksFlaky(seen)) likely = { evidence: changesIn(seen.slice(-WINDOW)), at: now };
    if (passesAtEnd(seen) >= CLEAN_PASSES) {
      proof = null;
      likely = null;
    }
  }
  if (proof) return { flakiness: "proven", evidence: proof.evidence };
  if (outcomes.length < FEWEST_RUNS) return { flakiness: "too few runs", evidence: [] };
  return likely ? { flakiness: "likely", evidence: likely.evidence } : { flakiness: "none", evidence: [] };
}

/** The newest outcome and an earlier one that differs from it with the same code; null if there is no such pair. */
function proofAt(seen: readonly Outcome[]): readonly string[] | null {
  const last = seen.at(-1)!;
  if (last.passedOnRetry) return [last.runId];
  if (last.code === null) return null;
  const earlier = seen
    .slice(-PROOF_RUNS, -1)
    .findLast(
      (one) => one.code === last.code && one.passed !== last.passed && last.startedMs - one.startedMs <= PROOF_MS,
    );
  return earlier ? [earlier.runId, last.runId] : null;
}

function looksFlaky(seen: readonly Outcome[]): boolean {
  if (seen.length < FEWEST_RUNS) return false;
  const recent = seen.slice(-RECENT);
  if (recent.every(({ passed }) => passed) || recent.every(({ passed }) => !passed)) return false;
  // Two changes are one break and its mending, however short the history is.
  return flipsIn(seen.slice(-WINDOW)) >= FEWEST_FLIPS;
}

function flipsIn(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ passed }, i) => i > 0 && passed !== outcomes[i - 1]!.passed).length;
}

function changesIn(outcomes: readonly Outcome[]): string[] {
  return outcomes.filter(({ passed }, i) => i > 0 && passed !== outcomes[i - 1]!.passed).map(({ runId }) => runId);
}

function passesAtEnd(outcomes: readonly Outcome[]): number {
  const failure = outcomes.findLastIndex(({ passed, passedOnRetry }) => !passed || passedOnRetry);
  return outcomes.length - 1 - failure;
}
