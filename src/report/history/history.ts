import { ScenariologError } from "../../errors.ts";
import { shortRunId } from "../../model/ids.ts";
import type { Cell, RowSet } from "../../model/rows.ts";
import type { Store } from "../../store/store.ts";
import { comparableRuns, type HistorySpec } from "./comparable-runs.ts";
import { flakinessOf, type Rates, ratesOf } from "./flakiness.ts";
import { FAILING_MARKS, type FailingSince, failingSince, marksOf } from "./marks.ts";
import { median, quantile } from "./statistics.ts";
import { type StepEvent, type StepHistory, stepHistories } from "./step-history.ts";
import { plainName } from "./step-identity.ts";

export interface HistoryReport {
  readonly rows: RowSet;
  /** Steps that a check fails for: those that newly fail, or take longer for good. */
  readonly alarms: readonly string[];
  /** Runs that were left out since nearly all of their steps failed. */
  readonly broken: readonly string[];
}

const LETTERS: Readonly<Record<StepEvent, string>> = {
  passed: ".",
  failed: "F",
  skipped: "S",
  interrupted: "I",
  "not run": "N",
  absent: " ",
};

/** A line a step over the newest comparable runs. Throws NO_RUN, and NO_STEP if `step` is neither a name nor a number. */
export function history(store: Store, step: string | null, spec: HistorySpec): HistoryReport {
  const { runs, broken } = comparableRuns(store, spec);
  const all = stepHistories(store, runs);
  const chosen = step === null ? all : all.filter((one) => isNamed(one, step));
  if (chosen.length === 0 && step !== null) throw noStep(store, step, all);
  const short = (runId: string | null) => (runId === null ? null : shortRunId(runId));
  const commits = new Map(runs.map(({ run, commit }) => [run.run_id, commit]));
  const commitOf = (runId: string | null) => (runId === null ? null : (commits.get(runId) ?? null));
  const alarms: string[] = [];
  const rows = chosen.map((one): Cell[] => {
    const rates = ratesOf(one.outcomes);
    const marks = marksOf(one);
    if (marks.some((mark) => FAILING_MARKS.has(mark))) alarms.push(`${one.step_name}: ${marks.join(", ")}`);
    const since = failingSince(one);
    const [firstFailed, lastPassed] = [since?.firstFailed ?? null, since?.lastPassed ?? null];
    const passing = one.passingMs.map(({ ms }) => ms);
    return [
      one.step_num,
      one.step_name,
      stripOf(one.events),
      rates.runs,
      rates.failed,
      intervalText(rates),
      `${rates.flips}/${rates.transitions}`,
      rounded(median(passing)),
      rounded(quantile(passing, 0.95)),
      marks.join(", ") || null,
      flakinessOf(one.outcomes).flakiness,
      since && sinceText(since, runs.length === spec.last, commitOf(lastPassed), commitOf(firstFailed)),
      short(firstFailed),
      commitOf(firstFailed),
      short(lastPassed),
      commitOf(lastPassed),
      one.environment || null,
    ];
  });
  return { rows: { columns: COLUMNS, rows }, alarms, broken };
}

const COLUMNS = [
  "step_num",
  "step_name",
  "outcomes",
  "runs",
  "failed",
  "failed_range",
  "flips",
  "median_ms",
  "p95_ms",
  "marks",
  "flaky",
  "since",
  "first_failed_run",
  "first_failed_commit",
  "last_passed_run",
  "last_passed_commit",
  "environment",
] as const;

/** Oldest first: `.` passed, F failed, S skipped, I interrupted, N not run; a blank for a run that has no such step. */
export function stripOf(events: readonly StepEvent[]): string {
  return events.map((event) => LETTERS[event]).join("");
}

/** The 95 % interval of the failure rate, in whole percent. */
export function intervalText({ runs, interval }: Rates): string | null {
  if (runs === 0) return null;
  return `${Math.round(100 * interval.low)}-${Math.round(100 * interval.high)} %`;
}

/** `isCut`: there may be earlier runs than were asked for. */
function sinceText(
  { runs, lastPassed }: FailingSince,
  isCut: boolean,
  passed: string | null,
  failed: string | null,
): string {
  const more = lastPassed === null && isCut ? " or more" : "";
  const commits = [passed, failed].filter((commit) => commit !== null).map((commit) => commit.slice(0, 8));
  return `${runs} ${runs === 1 ? "run" : "runs"}${more}${commits.length === 0 ? "" : `, ${commits.join(" -> ")}`}`;
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}

/** By its number in the newest run that has it, or its name with or without a leading number. */
function isNamed({ identity, step_name: name, step_num: num }: StepHistory, wanted: string): boolean {
  if (/^\d+$/.test(wanted) && Number(wanted) === num) return true;
  return [identity, name, plainName(name)].includes(wanted);
}

function noStep(store: Store, step: string, all: readonly StepHistory[]): ScenariologError {
  const names = [...new Set(all.map(({ step_name }) => step_name))];
  return new ScenariologError("NO_STEP", `no step ${JSON.stringify(step)} in the runs looked at in ${store.path}`, {
    hint: names.length === 0 ? "no run there can be compared" : `the steps are: ${names.join(", ")}`,
  });
}
