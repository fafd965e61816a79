import type { Captured } from "../../capture/capture.ts";
import { type ControlOptions, StepControl } from "../../capture/control/step-control.ts";
import type { Platform } from "../../capture/platform.ts";
import type { StepSpec } from "../../model/step.ts";
import type { Clock } from "../../model/time.ts";
import { type Outcome, outcomeOf, type Said } from "../rows/outcome.ts";

/** A process that has ended: how, what that counts as, and when. */
export interface EndedProcess {
  readonly captured: Captured;
  readonly outcome: Outcome;
  readonly completedAt: string;
  readonly durationMs: number;
}

export interface ProcessPlan {
  /** Starts the process and waits for its end. Must not throw. `startMs` is a monotonic reading. */
  run(startMs: number): Promise<Captured>;
  /** What decides how the end counts; absent: no timeout of its own, no leak that fails it, no code that skips it. */
  readonly rules?: Pick<StepSpec, "timeoutMs" | "onLeak" | "skipCode">;
  /** Called after the end, whose time is taken by then. Returns what the process told about being skipped. */
  settle?(): Promise<Said>;
}

/**
 * Does `work`, which starts processes and records them, with the caller's signals under control: from before anything is
 * written, so that a signal leaves no row open, until everything is closed.
 */
export async function withControl<T>(
  platform: Platform,
  limits: ControlOptions,
  work: (control: StepControl) => Promise<T>,
): Promise<T> {
  const control = new StepControl(platform, limits);
  try {
    const result = await work(control);
    await control.close();
    return result;
  } finally {
    control.release();
  }
}

/** Runs one process from its start to its end. */
export async function runProcess(clock: Clock, control: StepControl, plan: ProcessPlan): Promise<EndedProcess> {
  const startMs = clock.monotonicMs();
  const captured = await plan.run(startMs);
  const durationMs = Math.max(0, Math.floor(clock.monotonicMs() - startMs));
  const completedAt = clock.now();
  const said = await plan.settle?.();
  const outcome = outcomeOf(captured, control, plan.rules ?? { timeoutMs: 0, onLeak: "warn" }, said);
  return { captured, outcome, completedAt, durationMs };
}

/** What there is to say of a process whose output went to the caller's own console. */
export function uncaptured(exit: Captured["exit"]): Captured {
  return { exit, usage: null, leaked: null, problems: [] };
}
