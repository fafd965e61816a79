import type { Verdict } from "../../model/progress.ts";
import type { RecordedStep } from "../step/step.ts";

export interface SuiteResult {
  readonly runId: string;
  /** What the run ended with: of the first step, in order, that failed. */
  readonly code: number;
  /** The recorder is to end by this signal. */
  readonly endBySignal: NodeJS.Signals | undefined;
  /** Null: they are not known. */
  readonly counts: SuiteCounts | null;
  readonly durationMs: number;
  readonly pastDeadline: boolean;
  /** What could not be recorded, a line each. */
  readonly problems: readonly string[];
}

export interface SuiteCounts {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly interrupted: number;
  readonly skipped: number;
  /** Among those that passed or failed. */
  readonly flaky: number;
  readonly notRun: number;
  /** Of the plan, on request; not in `total`. Absent for a harness, whose plan nobody knows. */
  readonly leftOut?: number;
}

/** What the steps that have ended came to. */
export function countsOf(
  ended: readonly RecordedStep[],
): Pick<SuiteCounts, "passed" | "failed" | "interrupted" | "skipped" | "flaky"> {
  const count = (...verdicts: Verdict[]) => ended.filter((step) => verdicts.includes(step.verdict)).length;
  return {
    passed: count("passed", "flaky"),
    failed: count("failed", "timeout", "leak"),
    interrupted: count("interrupted"),
    skipped: count("skipped"),
    flaky: ended.filter(({ flaky }) => flaky).length,
  };
}
