import { exitCode } from "../errors.ts";
import type { RunStatus } from "./step.ts";

/** What the steps of a run came to. All are disjoint, but for `flaky`: those passed or failed. */
export interface StepTotals {
  /** Those that were planned and not run are among them. */
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly interrupted: number;
  readonly skipped: number;
  readonly notRun: number;
  /** Without an end; whether their recorders are at work is not known here. */
  readonly unfinished: number;
  readonly flaky: number;
}

/** How a run ended, as its row and its tags say. */
export interface RunEnd {
  readonly completed_at: string | null;
  readonly exit_code: number | null;
  /** The tag `exit.reason` of the run itself. */
  readonly reason: string | undefined;
  /** Whether steps of its plan were left out on request: the tag `record.left_out`. Absent is false. */
  readonly isPartial?: boolean;
}

/** HUP, INT, QUIT, KILL, TERM: what people and systems end a run with. */
const ENDING_SIGNALS = new Set([1, 2, 3, 9, 15]);

/**
 * The one rule for the status of a run. `running` is the number of its steps that are recorded right now.
 *
 * A harness that forgets --exit-code ends every run with 0: a step that did not pass counts as well. A run that a signal
 * ended is interrupted: where no tag says so (a harness of somebody's own), its code or its steps do, unless a step failed.
 * A run that left steps out on request has not passed in full, whatever the others came to.
 */
export function statusOfRun(end: RunEnd, steps: StepTotals, running: number): RunStatus {
  if (end.completed_at === null || end.exit_code === null) return running > 0 ? "running" : "interrupted";
  if (end.reason === "interrupted") return "interrupted";
  const broken = steps.interrupted + steps.unfinished;
  if (end.exit_code === exitCode.ok) {
    if (steps.failed + broken > 0) return "failed";
    return steps.total > 0 && steps.skipped === steps.total ? "skipped" : end.isPartial ? "partial" : "passed";
  }
  const bySignal = ENDING_SIGNALS.has(end.exit_code - exitCode.signalBase);
  return steps.failed === 0 && (broken > 0 || bySignal) ? "interrupted" : "failed";
}
