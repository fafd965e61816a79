import type { FailingPlace } from "./failing-place.ts";
import type { Stream } from "./ids.ts";

/** A step of a suite, to those who watch it. */
export interface StepProgress {
  /** Its place among the steps that are run, from 1, and how many there are; 0 when that is not known. */
  readonly index: number;
  readonly total: number;
  readonly num: number;
  readonly name: string;
  /** How many attempts it may take; undefined when that is not known. */
  readonly tries?: number | undefined;
}

/** `leak` is a step that failed because of what it left behind (--on-leak fail). */
export type Verdict = "passed" | "failed" | "flaky" | "skipped" | "timeout" | "leak" | "interrupted";

/** `reason` is why the end was not the step's own doing; null if it was. */
export function verdictOf({
  code,
  reason,
  flaky,
}: {
  readonly code: number;
  readonly reason: "interrupted" | "timeout" | "leak" | "skipped" | null;
  readonly flaky: boolean;
}): Verdict {
  if (reason !== null) return reason;
  if (code !== 0) return "failed";
  return flaky ? "flaky" : "passed";
}

/** How an attempt of a step ended; after the last one, how the step did. */
export interface StepEnd {
  readonly verdict: Verdict;
  readonly code: number;
  /** What a skipped step gave as its reason; null if it gave none, or was not skipped. */
  readonly skipReason: string | null;
  readonly durationMs: number;
  readonly attempts: number;
  /** Absolute paths of its logs; null where there is none. */
  readonly stdoutFile: string | null;
  readonly stderrFile: string | null;
  /** The line that a person wants to see; null if the step did not fail, or if no trace says where. Absent if not known. */
  readonly failedAt?: FailingPlace | null;
}

/** Told of a suite while it runs. None of it may throw, or wait: a slow console must not slow a step. */
export interface SuiteObserver {
  stepStarted(step: StepProgress): void;
  /** The bytes are good during the call only. */
  stepOutput(step: StepProgress, stream: Stream, chunk: Uint8Array): void;
  /** Of an attempt that is followed by another. */
  attemptEnded(step: StepProgress, end: StepEnd): void;
  stepEnded(step: StepProgress, end: StepEnd): void;
  /** Something besides a step's end that a person has to know; one line, which may hold anything. */
  warned(text: string): void;
}
