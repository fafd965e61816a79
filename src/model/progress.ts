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

/** The command that made a step fail. Null where that is not known. */
export interface FailedPlace {
  /** Relative to the run's root_dir if it lies in there; null for a script that is no file. */
  readonly file: string | null;
  readonly line: number | null;
  readonly command: string | null;
}

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
  /** What the step's trace says; null or absent if it has none. */
  readonly failedAt?: FailedPlace | null;
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
