import { type Status, statusOf } from "../model/step.ts";
import { openAttempts, type RecorderIdentity } from "../store/attempts.ts";
import { endingsOf } from "../store/endings.ts";
import type { Run } from "../store/runs.ts";
import type { Step } from "../store/steps.ts";
import type { Store } from "../store/store.ts";

/** Whether the recorder of an attempt may still be at work; asked of the system, which a report does not know. */
export type RecorderCheck = (recorder: RecorderIdentity) => boolean;

/** The status of each step of a run: a step without an end is running while its recorder is, else interrupted. */
export function statusesOf(
  store: Store,
  runId: string,
  steps: readonly Pick<Step, "step_id" | "completed_at" | "exit_code">[],
  isAlive: RecorderCheck,
): Map<string, Status> {
  const endings = endingsOf(store, runId);
  const unfinished = steps.some((step) => step.completed_at === null);
  const running = new Set(
    unfinished
      ? openAttempts(store, runId)
          .filter(isAlive)
          .map((open) => open.step_id)
      : [],
  );
  return new Map(
    steps.map(({ step_id: id, completed_at, exit_code }) => [
      id,
      statusOf(completed_at, exit_code, endings.get(id) ?? null, running.has(id)),
    ]),
  );
}

/** A harness that forgets --exit-code ends every run with 0: a step that did not pass counts as well. */
export function statusOfRun(run: Run, notPassed: number, running: number): Status {
  const status = statusOf(run.completed_at, run.exit_code, null, running > 0);
  return status === "passed" && notPassed > 0 ? "failed" : status;
}
