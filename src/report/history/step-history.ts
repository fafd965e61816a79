import { statusOf } from "../../model/step.ts";
import { type HistoryStep, historySteps, stepTagOfRuns } from "../../store/history.ts";
import { notRunSteps } from "../../store/planned-steps.ts";
import type { Store } from "../../store/store.ts";
import type { ComparableRun } from "./comparable-runs.ts";
import type { Outcome } from "./flakiness.ts";
import { identitiesOf, plainName } from "./step-identity.ts";

/** What a step came to in one run. `absent`: that run has no row of it. Only `passed` and `failed` count. */
export type StepEvent = "passed" | "failed" | "skipped" | "interrupted" | "not run" | "absent";

/** A step in several runs of one environment. */
export interface StepHistory {
  readonly identity: string;
  readonly environment: string;
  /** Of the newest run that has it. */
  readonly step_num: number;
  readonly step_name: string;
  readonly newest: HistoryStep;
  /** One for each of the environment's runs, oldest first. */
  readonly events: readonly StepEvent[];
  readonly runs: readonly ComparableRun[];
  /** Of those runs only in which it passed or failed. */
  readonly outcomes: readonly Outcome[];
  /** Of those in which it passed, oldest first. */
  readonly passingMs: readonly { readonly runId: string; readonly ms: number }[];
}

/** Every step of these runs (oldest first), by environment, by its newest number. */
export function stepHistories(store: Store, runs: readonly ComparableRun[]): StepHistory[] {
  const ids = runs.map(({ run }) => run.run_id);
  const steps = historySteps(store, ids);
  const identities = identitiesOf(steps);
  const argsOf = stepTagOfRuns(store, ids, "cmd.args_json");
  const programOf = stepTagOfRuns(store, ids, "cmd.argv0");
  const byRun = Map.groupBy(steps, ({ run_id }) => run_id);
  const histories: StepHistory[] = [];
  for (const [environment, own] of Map.groupBy(runs, (run) => run.environment)) {
    const perRun = own.map(({ run }) => {
      const rows = byRun.get(run.run_id) ?? [];
      return new Map(rows.map((row) => [identities.get(row.step_id)!, row]));
    });
    for (const identity of new Set(perRun.flatMap((rows) => [...rows.keys()]))) {
      const rows = perRun.map((found) => found.get(identity) ?? null);
      const newest = rows.findLast((row) => row !== null)!;
      const counted = rows.flatMap((row, i) => (row !== null && counts(eventOf(row)) ? [{ row, run: own[i]! }] : []));
      histories.push({
        identity,
        environment,
        step_num: newest.step_num,
        step_name: newest.step_name,
        newest,
        events: rows.map((row, i) =>
          row === null ? missingEvent(store, own, perRun, i, { identity, newest }) : eventOf(row),
        ),
        runs: own,
        outcomes: counted.map(({ row, run }) => ({
          runId: row.run_id,
          passed: row.exit_code === 0,
          passedOnRetry: row.exit_code === 0 && row.failed_before > 0,
          code: codeOf(run, row, programOf.get(row.step_id), argsOf.get(row.step_id)),
          startedMs: run.startedMs,
        })),
        passingMs: counted.flatMap(({ row }) =>
          row.exit_code === 0 && row.duration_ms !== null ? [{ runId: row.run_id, ms: row.duration_ms }] : [],
        ),
      });
    }
  }
  return histories.sort((a, b) => a.environment.localeCompare(b.environment) || a.step_num - b.step_num);
}

function counts(event: StepEvent): boolean {
  return event === "passed" || event === "failed";
}

function eventOf({ completed_at: completedAt, exit_code: code, reason }: HistoryStep): StepEvent {
  const status = statusOf(completedAt, code, reason);
  return status === "passed" || status === "failed" || status === "skipped" ? status : "interrupted";
}

/**
 * A step that a run has no row of was not reached if the run planned it, or if the run failed in the last step that it has
 * and the step had a higher number before.
 */
function missingEvent(
  store: Store,
  runs: readonly ComparableRun[],
  perRun: readonly ReadonlyMap<string, HistoryStep>[],
  at: number,
  { identity, newest }: { readonly identity: string; readonly newest: HistoryStep },
): StepEvent {
  const planned = notRunSteps(store, runs[at]!.run.run_id);
  const named = [identity, newest.step_name].map(plainName);
  if (planned.some(({ step_name: name }) => named.includes(plainName(name)))) return "not run";
  const last = [...perRun[at]!.values()].reduce<HistoryStep | null>(
    (highest, row) => (highest === null || row.step_num > highest.step_num ? row : highest),
    null,
  );
  if (last === null || eventOf(last) === "passed") return "absent";
  const before = perRun
    .slice(0, at)
    .findLast((rows) => rows.has(identity))
    ?.get(identity);
  return before !== undefined && before.step_num > last.step_num ? "not run" : "absent";
}

/** What ran: null if the commit is not known or its tree was dirty. The run's root differs from one checkout to another. */
function codeOf(
  { commit, dirty, run }: ComparableRun,
  { script_path: script }: HistoryStep,
  program = "",
  args = "",
): string | null {
  if (commit === null || dirty) return null;
  const root = run.root_dir.length > 1 ? run.root_dir : null;
  const portable = (text: string) => (root === null ? text : text.replaceAll(root, "ROOT"));
  return [commit, ...[script ?? "", program, args].map(portable)].join("\0");
}
