import { shortRunId } from "../../model/ids.ts";
import type { Cell, RowSet } from "../../model/rows.ts";
import { shellWord } from "../../model/shell-word.ts";
import type { Store } from "../../store/store.ts";
import { tagsOf } from "../../store/tags.ts";
import { argvIn } from "../recorded-argv.ts";
import { comparableRuns, type HistorySpec } from "./comparable-runs.ts";
import { flakinessOf, ratesOf } from "./flakiness.ts";
import { intervalText, stripOf } from "./history.ts";
import { type StepHistory, stepHistories } from "./step-history.ts";

/** The steps that fail at random, those that are proven first, and what shows it. Throws NO_RUN. */
export function flaky(store: Store, spec: HistorySpec): RowSet {
  const { runs } = comparableRuns(store, spec);
  const commits = new Map(runs.map(({ run, commit }) => [run.run_id, commit]));
  const found = stepHistories(store, runs).flatMap((one) => {
    const verdict = flakinessOf(one.outcomes);
    return verdict.flakiness === "proven" || verdict.flakiness === "likely" ? [{ one, ...verdict }] : [];
  });
  const rows = found.map(({ one, flakiness, evidence }): Cell[] => {
    const rates = ratesOf(one.outcomes);
    return [
      one.step_num,
      one.step_name,
      flakiness,
      stripOf(one.events),
      rates.runs,
      rates.failed,
      intervalText(rates),
      `${rates.flips}/${rates.transitions}`,
      evidence.map((runId) => `${shortRunId(runId)} ${outcomeText(one, runId)}`).join(", "),
      [...new Set(evidence.map((runId) => commits.get(runId)?.slice(0, 8)))].filter(Boolean).join(", ") || null,
      repetition(store, one),
      one.environment || null,
    ];
  });
  return {
    columns: [
      "step_num",
      "step_name",
      "flaky",
      "outcomes",
      "runs",
      "failed",
      "failed_range",
      "flips",
      "evidence",
      "commits",
      "repeat",
      "environment",
    ],
    rows: rows.sort((a, b) => Number(b[2] === "proven") - Number(a[2] === "proven")),
  };
}

function outcomeText({ outcomes }: StepHistory, runId: string): string {
  const { passed, passedOnRetry } = outcomes.find((one) => one.runId === runId)!;
  if (passedOnRetry) return "passed on retry";
  return passed ? "passed" : "failed";
}

const REPETITIONS = 20;

/** A shell line that runs the newest recorded command of a step again and again, and tells which times it failed. */
function repetition(store: Store, { newest, runs }: StepHistory): string | null {
  const tags = tagsOf(store, { runId: newest.run_id, stepId: newest.step_id });
  const argv = argvIn(tags);
  const root = runs.find(({ run }) => run.run_id === newest.run_id)?.run.root_dir;
  const dir = tags.get("cmd.work_dir") ?? root;
  if (argv === null || dir === undefined) return null;
  const command = argv.map(shellWord).join(" ");
  return `cd ${shellWord(dir)} && for i in $(seq ${REPETITIONS}); do ${command} || echo "time $i failed: $?"; done`;
}
