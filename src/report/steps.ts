import type { Cell, RowSet } from "../model/rows.ts";
import { findRun } from "../store/runs.ts";
import { logSizes, repeated } from "../store/step-facts.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { tagsOfSteps } from "../store/tags.ts";
import { type RecorderCheck, statusesOf } from "./statuses.ts";

const USAGE = ["max_rss_bytes", "user_ms", "sys_ms"] as const;

/** Every step of a run by number, its last attempt. What was not measured is null. */
export function steps(store: Store, selector: string, isAlive: RecorderCheck): RowSet {
  const { run_id } = findRun(store, selector);
  const all = stepsOf(store, run_id);
  const statuses = statusesOf(store, run_id, all, isAlive);
  const attempts = repeated(store, run_id);
  const sizes = logSizes(store, run_id, attempts.size > 0);
  const tags = tagsOfSteps(store, run_id, ["flaky", ...USAGE.map((name) => `rusage.${name}`)]);
  return {
    columns: [
      "step_num",
      "step_name",
      "status",
      "attempts",
      "flaky",
      "duration_ms",
      "stdout_bytes",
      "stderr_bytes",
      ...USAGE,
      "exit_code",
    ],
    rows: all.map(({ step_id: id, ...step }): Cell[] => [
      step.step_num,
      step.step_name,
      statuses.get(id)!,
      attempts.get(id) ?? 1,
      tags.get(id)?.get("flaky") === "true",
      step.duration_ms,
      sizes.get(id)?.stdout ?? null,
      sizes.get(id)?.stderr ?? null,
      ...USAGE.map((name) => numberOf(tags.get(id)?.get(`rusage.${name}`))),
      step.exit_code,
    ]),
  };
}

/** A tag is text, and anybody may set one: what is no number is not known. */
function numberOf(text: string | undefined): number | null {
  return text === undefined || !/^\d+(\.\d+)?$/.test(text) ? null : Number(text);
}
