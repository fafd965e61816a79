import type { StepEnd, StepProgress, Verdict } from "../../model/progress.ts";
import { secondsOf, titleOf } from "../../render/step-title.ts";
import { visible } from "../../render/text.ts";

export type Paint = (text: string, colour: "green" | "red" | "yellow" | "dim") => string;

const CODES = { green: 32, red: 31, yellow: 33, dim: 2 } as const;

export const paint: Paint = (text, colour) => `\x1b[${CODES[colour]}m${text}\x1b[0m`;
export const plain: Paint = (text) => text;

const WORDS: Readonly<Record<Verdict, readonly [string, "green" | "red" | "yellow"]>> = {
  passed: ["PASS", "green"],
  failed: ["FAIL", "red"],
  flaky: ["FLAKY", "yellow"],
  skipped: ["SKIP", "yellow"],
  timeout: ["TIMEOUT", "red"],
  leak: ["LEAK", "red"],
  interrupted: ["INTERRUPTED", "yellow"],
};

/** `PASS [  0.53s] 07 status`, without a line end. */
export function verdictLine(step: StepProgress, end: StepEnd, paint: Paint): string {
  const [word, colour] = WORDS[end.verdict];
  const tries = step.tries === undefined ? `${end.attempts}` : `${end.attempts}/${step.tries}`;
  const counted = end.verdict === "flaky" || (end.attempts > 1 && end.verdict !== "passed") ? `${word} ${tries}` : word;
  const code = end.verdict === "failed" ? ` (exit ${end.code})` : end.skipReason ? ` (${visible(end.skipReason)})` : "";
  return `${paint(counted, colour)} [${secondsOf(end.durationMs).padStart(7)}] ${titleOf(step)}${code}`;
}

/** Of an attempt that is followed by another: `TRY 1/3 FAIL [  0.53s] 07 status (exit 1)`. */
export function attemptLine(step: StepProgress, end: StepEnd, paint: Paint): string {
  const tries = step.tries === undefined ? "" : `/${step.tries}`;
  const line = verdictLine(step, { ...end, attempts: 1 }, paint);
  return `${paint(`TRY ${end.attempts}${tries}`, "yellow")} ${line}`;
}
