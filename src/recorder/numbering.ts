import { lastStepNum } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { tagsOf } from "../store/tags.ts";

/** The run tag that `record` keeps: the highest number among the steps that it is going to start. 0 for a harness. */
export const PLANNED_TAG = "record.last_step_num";

/**
 * The next free number of a run, behind those of its steps and those that `record` has planned. To be asked in the
 * transaction that takes it. Within a step of a run whose harness numbers its steps itself it is 0: the harness would come
 * to the next one later, and find it taken.
 */
export function nextStepNum(store: Store, runId: string, withinStep: boolean): number {
  const planned = tagsOf(store, { runId, stepId: null }).get(PLANNED_TAG);
  if (planned === undefined && withinStep) return 0;
  return Math.max(lastStepNum(store, runId), Number(planned ?? 0)) + 1;
}
