import type { Cell, RowSet } from "../model/rows.ts";
import { stderrPaths } from "../store/artifacts.ts";
import { notRunSteps, type PlannedRow } from "../store/planned-steps.ts";
import { findRun } from "../store/runs.ts";
import { logSizes, repeated } from "../store/step-facts.ts";
import { type Step, stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { tagsOfSteps } from "../store/tags.ts";
import { PLACE_COLUMNS, placeCells, tracedPlaces } from "./failed-place.ts";
import { statusesOf } from "./statuses.ts";

const USAGE = ["max_rss_bytes", "user_ms", "sys_ms"] as const;

/**
 * Every step of a run by number, with the facts of its last attempt, and the planned steps that were not run. What was not
 * measured is null; `skip_reason` is the reason that a skipped step gave. The columns of `failures` come last.
 */
export function steps(store: Store, selector: string): RowSet {
  const { run_id } = findRun(store, selector);
  const all = stepsOf(store, run_id);
  const statuses = statusesOf(store, run_id, all);
  const attempts = repeated(store, run_id);
  const sizes = logSizes(store, run_id, attempts.size > 0);
  const tags = tagsOfSteps(store, run_id, ["flaky", "skip.reason", ...USAGE.map((name) => `rusage.${name}`)]);
  const paths = stderrPaths(store, run_id);
  const places = tracedPlaces(store, run_id);
  const rowOf = ({ step_id: id, ...step }: Step): Cell[] => {
    const own = tags.get(id);
    const status = statuses.get(id)!;
    return [
      step.step_num,
      step.step_name,
      status,
      attempts.get(id) ?? 1,
      own?.get("flaky") === "true",
      step.duration_ms,
      sizes.get(id)?.stdout ?? null,
      sizes.get(id)?.stderr ?? null,
      ...USAGE.map((name) => numberOf(own?.get(`rusage.${name}`))),
      step.exit_code,
      status === "skipped" ? (own?.get("skip.reason") ?? null) : null,
      run_id,
      paths.get(id) ?? null,
      ...placeCells(places.get(id)),
    ];
  };
  const notRunRow = ({ step_num: num, step_name: name }: PlannedRow): Cell[] => {
    const unmeasured = [null, null, null, ...USAGE.map(() => null), null, null];
    return [num, name, "not run", 0, false, ...unmeasured, run_id, null, ...placeCells(undefined)];
  };
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
      "skip_reason",
      "run_id",
      "stderr_path",
      ...PLACE_COLUMNS,
    ],
    rows: [...all.map(rowOf), ...notRunSteps(store, run_id).map(notRunRow)].sort(byNumber),
  };
}

/** Steps of one number keep their order, which is that of time. */
function byNumber(a: readonly Cell[], b: readonly Cell[]): number {
  return Number(a[0]) - Number(b[0]);
}

/** Anybody may set a tag, and its value is text: null for one that is no number. */
function numberOf(text: string | undefined): number | null {
  return text === undefined || !/^\d+(\.\d+)?$/.test(text) ? null : Number(text);
}
