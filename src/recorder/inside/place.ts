import { ScenariologError } from "../../errors.ts";
import { stepIdOf } from "../../model/ids.ts";
import { lastAttemptOf } from "../../store/attempts.ts";
import { notRunSteps } from "../../store/planned-steps.ts";
import { findRun, type Run } from "../../store/runs.ts";
import { findStep, type Step } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";

/** Where something is to be recorded, as the caller names it. */
export interface PlaceSpec {
  /** A run id, the beginning of one, or latest. */
  readonly run: string;
  /** A step's number, its id, or null for the run itself. */
  readonly step: number | string | null;
  /** Of the step; null when the caller does not know: its last one. */
  readonly attempt: number | null;
}

export interface Place {
  readonly run: Run;
  readonly runId: string;
  readonly step: Step | null;
  readonly stepId: string | null;
  /** 0 without a step. */
  readonly attempt: number;
}

/** Throws NO_RUN for a run, or a step of it, that is not there. */
export function findPlace(store: Store, spec: PlaceSpec): Place {
  const run = findRun(store, spec.run);
  const runId = run.run_id;
  if (spec.step === null) return { run, runId, step: null, stepId: null, attempt: 0 };
  const stepId = typeof spec.step === "number" ? stepIdOf(runId, spec.step) : spec.step;
  const step = findStep(store, stepId);
  if (step === null || step.run_id !== runId) {
    const planned = notRunSteps(store, runId).find(({ step_num: num }) => num === spec.step);
    if (planned) throw new ScenariologError("NO_RUN", `step ${planned.step_num} ${planned.step_name} was not run`);
    throw new ScenariologError("NO_RUN", `no step ${spec.step} in run ${runId}`, {
      hint: `see which there are: scenariolog timings --run-id ${runId}`,
    });
  }
  return { run, runId, step, stepId, attempt: spec.attempt ?? lastAttemptOf(store, stepId) };
}

/** A place that is a step of a run. Throws NO_RUN for a run itself. */
export function stepOf(place: Place): Place & { step: Step; stepId: string } {
  const { step, stepId } = place;
  if (step === null || stepId === null) throw new ScenariologError("NO_RUN", `run ${place.runId} is no step`);
  return { ...place, step, stepId };
}
