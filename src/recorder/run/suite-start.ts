import { vouchForRoot } from "../../files/vouched.ts";
import { LEFT_OUT_TAG, PLANNED_TAG } from "../../model/tags.ts";
import type { Clock } from "../../model/time.ts";
import { insertRunStart, isStarted, type RunStart } from "../rows/run-rows.ts";
import { Connection } from "../step/connection.ts";
import type { PlannedStep } from "./plan.ts";
import { type RunSpec, runStartOf } from "./run.ts";

/**
 * The database of a suite's run, which is written with its plan as soon as the database can be opened: before the first
 * step, or, if the database does not take it then, before a later one.
 */
export function connectionFor(
  spec: {
    readonly database: string;
    readonly run: RunSpec;
    readonly steps: readonly PlannedStep[];
    readonly leftOut: readonly PlannedStep[];
  },
  runId: string,
  startedAt: string,
  clock: Clock,
): Connection {
  const lastNum = Math.max(...spec.steps.map(({ num }) => num));
  const tags = new Map([...spec.run.tags, [PLANNED_TAG, String(lastNum)]]);
  if (spec.leftOut.length > 0) tags.set(LEFT_OUT_TAG, JSON.stringify(spec.leftOut.map(({ num }) => num)));
  const planned = spec.steps.map(({ num, name, script }) => ({
    step_num: num,
    step_name: name,
    script_path: script,
  }));
  const at = { ...clock, now: () => startedAt };
  let start: RunStart | undefined;
  let started = false;
  const startOnce = () => (start ??= runStartOf({ ...spec.run, runId, tags, planned }, at));
  return new Connection(spec.database, {
    create: true,
    unwrittenRun: () => (started ? null : startOnce()),
    onOpen: (store) => {
      if (started) return;
      const run = startOnce();
      store.transaction(() => {
        if (!isStarted(store, run)) insertRunStart(store, run);
        vouchForRoot(store, run.runId, run.rootDir);
      });
      started = true;
    },
  });
}
