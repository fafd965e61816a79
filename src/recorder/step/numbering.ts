import { stepIdOf } from "../../model/ids.ts";
import type { StepSpec } from "../../model/step.ts";
import { PLANNED_TAG } from "../../model/tags.ts";
import { ownRecorder } from "../../store/recorders.ts";
import { lastStepNum } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import { tagsOf } from "../../store/tags.ts";
import { stepRowsOf, writeBeginning } from "../rows/attempt-rows.ts";
import type { RunStore } from "./run-store.ts";

/** The first attempt, whose row was written together with the step's number. */
export interface ReservedAttempt {
  readonly number: number;
  readonly startedAt: string;
}

export interface NumberedStep {
  /** Final: its number is the step's. */
  readonly spec: StepSpec;
  /** Null if the step did not take a number of the run. */
  readonly reserved: ReservedAttempt | null;
}

/**
 * Settles a step's number. A step that takes the next number of its run gets its rows at once, since its log files are named
 * by the number; if that is not possible, it keeps the number that it has. Never throws: the run's failure says what went
 * wrong.
 */
export function numbered(run: RunStore, asked: StepSpec, startedAt: string): NumberedStep {
  const unchanged = { spec: asked, reserved: null };
  const { store } = run;
  if (!asked.takesNextNum || store === null || run.failure !== undefined) return unchanged;
  try {
    return store.transaction(() => {
      const num = nextStepNum(store, run.runId);
      if (num === null) return unchanged;
      const spec = { ...asked, num };
      const key = { runId: run.runId, stepId: stepIdOf(run.runId, num) };
      const number = writeBeginning(store, key, stepRowsOf(spec), startedAt, ownRecorder());
      return { spec, reserved: { number, startedAt } };
    });
  } catch (error) {
    run.failure = error;
    return unchanged;
  }
}

/**
 * The next free number of a run that `record` has started, after those of its steps and of the planned ones. Null for any
 * other run, whose harness numbers its steps itself. The caller asks in the transaction that takes the number.
 */
function nextStepNum(store: Store, runId: string): number | null {
  const planned = tagsOf(store, { runId, stepId: null }).get(PLANNED_TAG);
  return planned === undefined ? null : Math.max(lastStepNum(store, runId), Number(planned)) + 1;
}
