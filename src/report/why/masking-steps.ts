import { MASKS_TAG } from "../../model/redact/masks.ts";
import { lastAttemptOf } from "../../store/attempts.ts";
import { filesOfStep, type StepFiles } from "../../store/step-files.ts";
import type { Store } from "../../store/store.ts";
import { tagsOfSteps } from "../../store/tags.ts";

/** The logs of the steps of a run that have masked something: what it was stands in them, unless it was taken out. */
export function filesOfMaskingSteps(store: Store, runId: string): StepFiles[] {
  const steps = [...tagsOfSteps(store, runId, [MASKS_TAG])].filter(([, tags]) => tags.size > 0);
  if (!store.hasTable("attempts")) return [];
  return steps.map(([stepId]) => filesOfStep(store, { step_id: stepId, run_id: runId }, lastAttemptOf(store, stepId)));
}
