import type { RunStatus } from "../../model/step.ts";
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
import { namedIn } from "../failed-place.ts";
import { type CountedRun, countedRuns, statusesOf } from "../statuses.ts";
import { sentenceOf } from "./sentence.ts";

/** What the store knows about a run that did not pass, or did. */
export interface Why {
  readonly run: Run;
  readonly status: RunStatus;
  /** What there is to say in one sentence; all there is when no step failed. */
  readonly sentence: string;
  /** The first step that failed; if none did, the first that was interrupted. */
  readonly step: FailedStep | null;
  /** The others that did not pass, by number. */
  readonly others: readonly { readonly step: Step; readonly status: RunStatus }[];
  /** Of a run that was interrupted when none of its steps was: the last one that had ended. */
  readonly interruptedAfter: FailedStep | null;
  /** With what each gave as its reason. */
  readonly skipped: readonly { readonly step: Step; readonly reason: string | null }[];
  readonly notRun: readonly PlannedRow[];
  readonly notes: readonly Note[];
  /** Besides logs. */
  readonly artifacts: readonly { readonly kind: string; readonly path: string }[];
}

export interface FailedStep {
  readonly step: Step;
  readonly status: RunStatus;
  readonly attempts: number;
  /** Why it ended, where that was not its own doing. */
  readonly reason: string | null;
  readonly tags: ReadonlyMap<string, string>;
  readonly files: StepFiles;
  /** What its trace says. */
  readonly source: FailingSource | null;
  /** The step when it last passed. */
  readonly before: { readonly run: Run; readonly step: Step; readonly files: StepFiles } | null;
  /** Whether its row says where it was run: of the Go build's it does not. */
  readonly knowsWorkDir: boolean;
}

export function why(store: Store, selector: string): Why {
  const [counted] = countedRuns(store, [findRun(store, selector)]) as [CountedRun];
  const { run, status } = counted;
  const steps = stepsOf(store, run.run_id);
  const statuses = statusesOf(store, run.run_id, steps);
  const listed = steps.map((step) => ({ step, status: statuses.get(step.step_id)! }));
  const notPassed = listed.filter(({ status }) => status === "failed" || status === "interrupted");
  // What failed comes before what was interrupted: the reader's question is what to mend.
  const first = notPassed.find((entry) => entry.status === "failed") ?? notPassed[0];
  const reasons = counted.counts.skipped === 0 ? new Map() : tagsOfSteps(store, run.run_id, ["skip.reason"]);
  const step = first ? failedStep(store, run, first.step, first.status) : null;
  const last = listed.at(-1);
  const isBetween = status === "interrupted" && !first && last?.step.completed_at;
  const interrupted = listed.find((entry) => entry.status === "interrupted")?.step ?? null;
  return {
    run,
    status,
    sentence: sentenceOf(counted, { interrupted, last: last?.step ?? null }),
    step,
    interruptedAfter: isBetween ? failedStep(store, run, last.step, last.status) : null,
    others: notPassed.filter((entry) => entry !== first),
    skipped: listed
      .filter((entry) => entry.status === "skipped")
      .map((entry) => ({ step: entry.step, reason: reasons.get(entry.step.step_id)?.get("skip.reason") ?? null })),
    notRun: notRunSteps(store, run.run_id),
    notes: notesOf(store, run.run_id),
    artifacts: [...(step?.files.others ?? []), ...filesOfRun(store, run.run_id)],
  };
}

function failedStep(store: Store, run: Run, step: Step, status: RunStatus): FailedStep {
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
    files: filesOfStep(store, step, attempt),
    source: sourceOf(store, step.step_id, attempt, tags),
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
  const named = namedIn(tags);
  if (named.file === null && named.command === null) return failingSource(store, stepId, attempt, null);
  const source = failingSource(store, stepId, attempt, named);
  return { ...named, text: named.command, function: source?.function ?? null, cwd: null };
}

function lastAttempt(store: Store, { step_id: id }: Step): number {
  return store.hasTable("attempts") ? Math.max(1, lastAttemptOf(store, id)) : 1;
}
