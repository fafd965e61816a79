import { passingDurations } from "../../store/passing-durations.ts";
import type { Store } from "../../store/store.ts";
import { stepKey } from "../last-results.ts";
import { median } from "./statistics.ts";

/** Enough for a median, and few enough to be read before the first step starts. */
const RUNS = 20;

/** The median duration in ms of each step of a suite in the newest runs in which it passed, by {@link stepKey}. */
export function usualDurations(store: Store, suite: string): Map<string, number> {
  const durations = Map.groupBy(passingDurations(store, suite, RUNS), (row) => stepKey(row.step_num, row.step_name));
  return new Map([...durations].map(([key, rows]) => [key, median(rows.map((row) => row.duration_ms))!]));
}
