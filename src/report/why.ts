import { shortRunId } from "../model/ids.ts";
import type { Status } from "../model/step.ts";
import { lastAttemptOf } from "../store/attempts.ts";
import { endingsOf } from "../store/endings.ts";
import { type FailingSource, failingSource } from "../store/failing-source.ts";
import { lastPassed } from "../store/last-passed.ts";
import { type Note, notesOf } from "../store/notes.ts";
import { findRun, type Run } from "../store/runs.ts";
import { filesOfRun, filesOfStep, type StepFiles } from "../store/step-files.ts";
import { type Step, stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { tagsOf } from "../store/tags.ts";
import { namedIn } from "./failing.ts";
import { type RecorderCheck, statusesOf, statusOfRun } from "./statuses.ts";

/** What the store knows about a run that did not pass, or did. */
export interface Why {
  readonly run: Run;
  readonly status: Status;
  /** What there is to say in one sentence; all there is when no step failed. */
  readonly sentence: string;
  /** The first step that did not pass. */
  readonly step: FailedStep | null;
  /** The others that did not pass, by number. */
  readonly others: readonly { readonly step: Step; readonly status: Status }[];
  readonly notes: readonly Note[];
  /** Besides logs. */
  readonly artifacts: readonly { readonly kind: string; readonly path: string }[];
}

export interface FailedStep {
  readonly step: Step;
  readonly status: Status;
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

export function why(store: Store, selector: string, isAlive: RecorderCheck): Why {
  const run = findRun(store, selector);
  const steps = stepsOf(store, run.run_id);
  const statuses = statusesOf(store, run.run_id, steps, isAlive);
  const listed = steps.map((step) => ({ step, status: statuses.get(step.step_id)! }));
  const failed = listed.filter(({ status }) => status === "failed" || status === "interrupted");
  const running = listed.filter(({ status }) => status === "running").length;
  const status = statusOfRun(run, failed.length + running, running);
  const [first, ...others] = failed;
  const step = first ? failedStep(store, run, first.step, first.status) : null;
  return {
    run,
    status,
    sentence: sentenceOf(run, { status, total: steps.length, failed: failed.length, running }),
    step,
    others,
    notes: notesOf(store, run.run_id),
    artifacts: [...(step?.files.others ?? []), ...filesOfRun(store, run.run_id)],
  };
}

function failedStep(store: Store, run: Run, step: Step, status: Status): FailedStep {
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

interface Counts {
  readonly status: Status;
  readonly total: number;
  readonly failed: number;
  readonly running: number;
}

function sentenceOf(run: Run, { status, total, failed, running }: Counts): string {
  const name = `run ${shortRunId(run.run_id)}${run.suite ? ` of ${run.suite}` : ""}`;
  const steps = total === 1 ? "its only step" : `all ${total} steps`;
  if (failed > 0) {
    const open =
      status === "running" ? " so far, and it is still running" : run.completed_at ? "" : ", and it was never ended";
    return `${name}: ${failed} of ${total} ${total === 1 ? "step" : "steps"} failed${open}`;
  }
  if (running > 0)
    return `${name} is still running: no step has failed so far, ${total - running} of ${total} have ended`;
  if (total === 0) {
    return run.completed_at === null
      ? `${name} has no steps, and was never ended`
      : `${name} has no steps, and ended with exit code ${run.exit_code}`;
  }
  if (run.completed_at === null) return `${name}: ${steps} passed, but it was never ended (scenariolog run end)`;
  if (status === "passed") return `${name} passed: ${steps}`;
  return `${name} ended with exit code ${run.exit_code}, but ${steps} passed: it was the harness itself that failed`;
}
