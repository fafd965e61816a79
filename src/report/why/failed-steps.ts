import { isFailure, type RunStatus } from "../../model/step.ts";
import { lastAttemptOf } from "../../store/attempts.ts";
import { endingsOf } from "../../store/endings.ts";
import { type FailingSource, failingSource } from "../../store/failing-source.ts";
import { lastPassed } from "../../store/last-passed.ts";
import { type Note, notesOf } from "../../store/notes.ts";
import { notRunSteps, type PlannedRow } from "../../store/planned-steps.ts";
import { findRun, type Run } from "../../store/runs.ts";
import { filesOfRun, filesOfStep, type StepFiles } from "../../store/step-files.ts";
import { type Step, stepsOf } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import { tagsOf, tagsOfSteps } from "../../store/tags.ts";
import { placeInTags } from "../failed-place.ts";
import { argvIn } from "../recorded-argv.ts";
import { type CountedRun, countedRuns, statusesOf } from "../statuses.ts";
import { sentenceOf } from "./sentence.ts";

/** What the store knows about why a run did not pass. */
export interface Why {
  readonly run: Run;
  readonly status: RunStatus;
  readonly tags: ReadonlyMap<string, string>;
  /** One sentence about the run; all there is to say if no step failed. */
  readonly sentence: string;
  /** The step that was asked for; else the first that failed; if none did, the first that was interrupted. */
  readonly step: FailedStep | null;
  /** The others that did not pass, by number. */
  readonly others: readonly ListedStep[];
  /** The last step that had ended when a run was interrupted between two steps; else null. */
  readonly interruptedAfter: FailedStep | null;
  readonly skipped: readonly { readonly step: Step; readonly reason: string | null }[];
  readonly notRun: readonly PlannedRow[];
  readonly notes: readonly Note[];
  /** Kept files of the step and the run, without the logs. */
  readonly artifacts: readonly { readonly kind: string; readonly path: string }[];
}

export interface ListedStep {
  readonly step: Step;
  readonly status: RunStatus;
}

/** What the store knows about one step; `why` asks mostly for those that failed. */
export interface FailedStep extends ListedStep {
  readonly attempts: number;
  /** Why it ended, if that was not its own doing. */
  readonly reason: string | null;
  readonly tags: ReadonlyMap<string, string>;
  /** The program and its arguments; null if the database does not tell. */
  readonly argv: readonly string[] | null;
  readonly files: StepFiles;
  /** What its trace says failed. */
  readonly source: FailingSource | null;
  /** The step when it last passed. */
  readonly before: { readonly run: Run; readonly step: Step; readonly files: StepFiles } | null;
  /** Whether its row says where it was run; that of the Go build does not. */
  readonly knowsWorkDir: boolean;
}

/** `stepOf` chooses the step to explain among those of the run; without it, the first that did not pass. Throws NO_RUN. */
export function why(store: Store, selector: string, stepOf?: (store: Store, run: Run) => Step): Why {
  const [counted] = countedRuns(store, [findRun(store, selector)]) as [CountedRun];
  const { run, status } = counted;
  const steps = stepsOf(store, run.run_id);
  const statuses = statusesOf(store, run.run_id, steps);
  const listed = steps.map((step): ListedStep => ({ step, status: statuses.get(step.step_id)! }));
  const notPassed = listed.filter(({ status }) => isFailure(status));
  const wanted = stepOf?.(store, run);
  // A failed step comes before an interrupted one, because the reader asks what to mend.
  const first = wanted
    ? listed.find(({ step }) => step.step_id === wanted.step_id)
    : (notPassed.find((entry) => entry.status === "failed") ?? notPassed[0]);
  const reasons = counted.counts.skipped === 0 ? new Map() : tagsOfSteps(store, run.run_id, ["skip.reason"]);
  const step = first ? factsOf(store, run, first) : null;
  const last = listed.at(-1);
  const isBetween = status === "interrupted" && !first && last?.step.completed_at;
  const interrupted = listed.find((entry) => entry.status === "interrupted")?.step ?? null;
  return {
    run,
    status,
    tags: tagsOf(store, { runId: run.run_id, stepId: null }),
    sentence: sentenceOf(counted, { interrupted, last: last?.step ?? null }),
    step,
    interruptedAfter: isBetween ? factsOf(store, run, last) : null,
    others: notPassed.filter((entry) => entry !== first),
    skipped: listed
      .filter((entry) => entry.status === "skipped")
      .map((entry) => ({ step: entry.step, reason: reasons.get(entry.step.step_id)?.get("skip.reason") ?? null })),
    notRun: notRunSteps(store, run.run_id),
    notes: notesOf(store, run.run_id),
    artifacts: [...(step?.files.others ?? []), ...filesOfRun(store, run.run_id)],
  };
}

/** All that the store knows about one step of a run. */
export function factsOf(store: Store, run: Run, { step, status }: ListedStep): FailedStep {
  const recorded = store.hasTable("attempts") ? lastAttemptOf(store, step.step_id) : 0;
  const attempt = Math.max(1, recorded);
  const tags = tagsOf(store, { runId: run.run_id, stepId: step.step_id });
  const before = lastPassed(store, run, step);
  return {
    step,
    status,
    attempts: attempt,
    reason: endingsOf(store, run.run_id).get(step.step_id) ?? null,
    tags,
    argv: argvIn(tags),
    files: filesOfStep(store, step, attempt),
    source: status === "passed" ? null : sourceOf(store, step.step_id, attempt, tags),
    before: before && {
      run: findRun(store, before.run_id),
      step: before,
      files: filesOfStep(store, before, lastAttempt(store, before)),
    },
    knowsWorkDir: recorded > 0,
  };
}

/** What the trace named as the failure; else the last command that failed, whatever came of that. */
function sourceOf(
  store: Store,
  stepId: string,
  attempt: number,
  tags: ReadonlyMap<string, string>,
): FailingSource | null {
  const { file, line, command } = placeInTags(tags);
  if (file === null && command === null) return failingSource(store, stepId, attempt, null);
  const source = failingSource(store, stepId, attempt, { file, line });
  return { file, line, text: command, function: source?.function ?? null, cwd: null };
}

function lastAttempt(store: Store, { step_id: id }: Step): number {
  return store.hasTable("attempts") ? Math.max(1, lastAttemptOf(store, id)) : 1;
}
