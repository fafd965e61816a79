import type { FailingPlace } from "../../model/failing-place.ts";
import type { StepEnd, StepProgress, Verdict } from "../../model/progress.ts";
import { secondsOf, titleOf } from "../../render/step-title.ts";
import { visible } from "../../render/text.ts";
import { placeText } from "./failed-place.ts";

export type Paint = (text: string, colour: "green" | "red" | "yellow" | "dim") => string;

const CODES = { green: 32, red: 31, yellow: 33, dim: 2 } as const;

export const paint: Paint = (text, colour) => `\x1b[${CODES[colour]}m${text}\x1b[0m`;
export const plain: Paint = (text) => text;

/** The width that lines about steps are fitted to without a terminal: a CI's log has no width of its own. */
export const USUAL_COLUMNS = 80;

const WORDS: Readonly<Record<Verdict, readonly [string, "green" | "red" | "yellow"]>> = {
  passed: ["PASS", "green"],
  failed: ["FAIL", "red"],
  flaky: ["FLAKY", "yellow"],
  skipped: ["SKIP", "yellow"],
  timeout: ["TIMEOUT", "red"],
  leak: ["LEAK", "red"],
  interrupted: ["INTERRUPTED", "yellow"],
};

/** Whether somebody has to look at a step with this end. */
export function isBad(verdict: Verdict): boolean {
  return !["passed", "flaky", "skipped"].includes(verdict);
}

/** `FAIL [  0.07s] 04 totals (exit 1)  checks/04-totals.sh:6  assert_eq 45 42`, without a line end. */
export function verdictLine(
  step: StepProgress,
  end: StepEnd,
  paint: Paint,
  place: FailingPlace | null = null,
  columns = USUAL_COLUMNS,
): string {
  const [word, colour] = WORDS[end.verdict];
  const tries = step.tries === undefined ? `${end.attempts}` : `${end.attempts}/${step.tries}`;
  const counted = end.verdict === "flaky" || (end.attempts > 1 && end.verdict !== "passed") ? `${word} ${tries}` : word;
  const rest = ` [${secondsOf(end.durationMs).padStart(7)}] ${titleOf(step)}${codeText(end)}`;
  return `${paint(counted, colour)}${rest}${placeText(place, columns - Bun.stringWidth(counted + rest))}`;
}

/** The line of an attempt that another one follows: `TRY 1/3 FAIL [  0.53s] 07 status (exit 1)`. */
export function attemptLine(
  step: StepProgress,
  end: StepEnd,
  paint: Paint,
  place: FailingPlace | null = null,
  columns = USUAL_COLUMNS,
): string {
  const word = `TRY ${end.attempts}${step.tries === undefined ? "" : `/${step.tries}`}`;
  const line = verdictLine(step, { ...end, attempts: 1 }, paint, place, columns - word.length - 1);
  return `${paint(word, "yellow")} ${line}`;
}

/** The line that names a failure again at the end of a run: `  FAIL 04 totals (exit 1)  checks/04-totals.sh:6  assert_eq 45 42`. */
export function againLine(step: StepProgress, end: StepEnd, place: FailingPlace | null): string {
  const head = `  ${WORDS[end.verdict][0]} ${titleOf(step)}${codeText(end)}`;
  return `${head}${placeText(place, USUAL_COLUMNS - Bun.stringWidth(head))}`;
}

function codeText({ verdict, code, skipReason }: StepEnd): string {
  if (verdict === "failed") return ` (exit ${code})`;
  return skipReason ? ` (${visible(skipReason)})` : "";
}
