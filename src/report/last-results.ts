import path from "node:path";
import { CWD_TAG, LEFT_OUT_TAG, RECORD_TAG } from "../model/tags.ts";
import { wordsIn } from "../model/word-list.ts";
import { notRunSteps } from "../store/planned-steps.ts";
import { newestRuns, type Run } from "../store/runs.ts";
import { stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { tagsOf } from "../store/tags.ts";
import { statusesOf } from "./statuses.ts";

/** Runs that are looked at: what lies further back is not what anybody means by the last run. */
const MOST_RUNS = 100;

/** The newest run that `record` has made of steps, and what its steps came to. */
export interface RepeatableRun {
  readonly runId: string;
  /** What followed `record`, without what chose steps. */
  readonly words: readonly string[];
  /** Where it was started. Absolute. */
  readonly cwd: string;
  /** By {@link stepKey}: whether the step is to be run again, since its last result is not a pass, or a skip. */
  readonly again: ReadonlyMap<string, boolean>;
}

/** What a step is known by from run to run. */
export function stepKey(num: number, name: string): string {
  return `${num} ${name}`;
}

/**
 * The newest run of `record`, of one suite if that is given; null if there is none. A run that left steps out says nothing
 * about those: their results are taken from the runs of the same operands before it, back to one that left none out.
 */
export function lastResults(store: Store, suite: string | null): RepeatableRun | null {
  let found: Omit<RepeatableRun, "again"> | null = null;
  const again = new Map<string, boolean>();
  for (const run of newestRuns(store, suite, MOST_RUNS)) {
    const tags = tagsOf(store, { runId: run.run_id, stepId: null });
    const text = tags.get(RECORD_TAG);
    const words = text === undefined ? null : wordsIn(text);
    if (words === null || (found !== null && operandsOf(words) !== operandsOf(found.words))) continue;
    found ??= { runId: run.run_id, words, cwd: tags.get(CWD_TAG) ?? path.resolve(run.root_dir) };
    for (const [key, value] of resultsOf(store, run)) if (!again.has(key)) again.set(key, value);
    if (!tags.has(LEFT_OUT_TAG)) break;
  }
  return found && { ...found, again };
}

/** The steps that a command line names: its flags are stored as `--name=value`. */
function operandsOf(words: readonly string[]): string {
  const dashes = words.indexOf("--");
  const own = dashes < 0 ? words : words.slice(0, dashes);
  return JSON.stringify(own.filter((word) => !word.startsWith("--")));
}

function resultsOf(store: Store, run: Run): [string, boolean][] {
  const steps = stepsOf(store, run.run_id);
  const statuses = statusesOf(store, run.run_id, steps);
  return [
    ...steps.map(({ step_id: id, step_num: num, step_name: name }): [string, boolean] => [
      stepKey(num, name),
      !["passed", "skipped"].includes(statuses.get(id)!),
    ]),
    ...notRunSteps(store, run.run_id).map(({ step_num: num, step_name: name }): [string, boolean] => [
      stepKey(num, name),
      true,
    ]),
  ];
}
