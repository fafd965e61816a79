import { signalOfCode } from "../../model/exit-meaning.ts";
import { shortRunId } from "../../model/ids.ts";
import { stepTitle } from "../../model/step-title.ts";
import { PLANNED_TAG } from "../../model/tags.ts";
import type { Step } from "../../store/steps.ts";
import type { CountedRun } from "../statuses.ts";

interface Moment {
  /** The first that was interrupted. */
  readonly interrupted: Step | null;
  /** The last that was started, by number. */
  readonly last: Step | null;
}

/** What there is to say about a run in one sentence. */
export function sentenceOf(counted: CountedRun, moment: Moment): string {
  const { run, status, counts } = counted;
  const name = `run ${shortRunId(run.run_id)}${run.suite ? ` of ${run.suite}` : ""}`;
  if (counts.tags.get("exit.reason") === "interrupted" || (status === "interrupted" && run.completed_at !== null)) {
    return `${name} was interrupted${signalOf(counted)}${momentOf(moment)}${countsAfter(counted)}`;
  }
  const notPassed = counts.failed + counts.interrupted;
  if (notPassed > 0) {
    const open =
      status === "running" ? " so far, and it is still running" : run.completed_at ? "" : ", and it was never ended";
    return `${name}: ${listOf(counted, { failedFirst: true })}${open}`;
  }
  if (status === "running") {
    return `${name} is still running: no step has failed so far, ${counts.passed + counts.skipped} of ${counts.total} have ended`;
  }
  if (counts.total === 0) {
    return run.completed_at === null
      ? `${name} has no steps, and was never ended`
      : `${name} has no steps, and ended with exit code ${run.exit_code}`;
  }
  if (run.completed_at === null) {
    const all = counts.passed === counts.total ? `${allSteps(counts.total)} passed` : listOf(counted);
    return `${name}: ${all}, but it was never ended (scenariolog run end)`;
  }
  if (status === "passed" || status === "skipped") {
    const all = counts.passed === counts.total ? allSteps(counts.total) : listOf(counted);
    return status === "passed" ? `${name} passed: ${all}` : `${name} skipped ${allSteps(counts.total)}`;
  }
  if (status === "partial") {
    const all = counts.passed === counts.total ? `${allSteps(counts.total)} passed` : listOf(counted);
    return `${name} passed in part: ${all}, and others were left out`;
  }
  if (counts.tags.get("exit.reason") === "timeout") {
    return `${name} was ended by its deadline${momentOf(moment)}${countsAfter(counted)}`;
  }
  const steps =
    counts.passed === counts.total ? `${allSteps(counts.total)} passed` : `no step failed (${listOf(counted)})`;
  const who = isHarness(counted) ? ": it was the harness itself that failed" : "";
  return `${name} ended with exit code ${run.exit_code}, but ${steps}${who}`;
}

/** " by SIGTERM"; "" if nobody knows. A run of a harness of one's own has nothing but a code. */
function signalOf({ run, counts }: CountedRun): string {
  const signal = counts.tags.get("exit.signal") ?? signalOfCode(run.exit_code ?? 0);
  return signal ? ` by ${signal}` : "";
}

function momentOf({ interrupted, last }: Moment): string {
  if (interrupted) return ` in step ${stepTitle(interrupted.step_num, interrupted.step_name)}`;
  return last ? ` after step ${stepTitle(last.step_num, last.step_name)} had ended` : " before its first step";
}

function countsAfter(counted: CountedRun): string {
  return counted.counts.total === 0 ? "" : `: ${listOf(counted)}`;
}

/** `2 of 5 steps passed, 1 failed, 1 not run`: what is none is not named, but for those that passed. */
function listOf({ counts }: CountedRun, { failedFirst = false } = {}): string {
  const { total, passed, failed, interrupted, skipped, notRun } = counts;
  const named: [number, string][] = [
    [failed, "failed"],
    [interrupted, "interrupted"],
    [skipped, "skipped"],
    [notRun, "not run"],
  ];
  const parts = named.filter(([count]) => count > 0);
  if (!failedFirst || parts.length === 0) parts.unshift([passed, "passed"]);
  const [[first, what], ...others] = parts as [[number, string], ...[number, string][]];
  const steps = total === 1 ? "step" : "steps";
  return [`${first} of ${total} ${steps} ${what}`, ...others.map(([count, word]) => `${count} ${word}`)].join(", ");
}

function allSteps(total: number): string {
  return total === 1 ? "its only step" : `all ${total} steps`;
}

/** Unless `record` ran the steps itself. */
function isHarness({ counts }: CountedRun): boolean {
  return Number(counts.tags.get(PLANNED_TAG) ?? 0) === 0;
}
