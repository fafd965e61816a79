import { PLANNED_TAG } from "../../model/tags.ts";
import { lastStepNum } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import { tagsOf } from "../../store/tags.ts";

/**
 * The next free number of a run that `record` has started, behind those of its steps and those that are planned; null for
 * any other, whose harness numbers its steps itself. To be asked in the transaction that takes it.
 */
export function nextStepNum(store: Store, runId: string): number | null {
  const planned = tagsOf(store, { runId, stepId: null }).get(PLANNED_TAG);
  return planned === undefined ? null : Math.max(lastStepNum(store, runId), Number(planned)) + 1;
}
