import { shortRunId } from "../model/ids.ts";
import type { SuiteResult } from "../recorder/suite.ts";
import { shellWord } from "../render/shell.ts";
import { visible } from "../render/text.ts";
import { elapsedOf } from "./live/verdict.ts";

/** `7 steps: 6 passed, 1 failed in 12.3s  run <id>  db <file>`, and where to look further. */
export function summaryLines(database: string, result: SuiteResult): string {
  const { counts, durationMs, runId, pastDeadline, code } = result;
  const { total, passed, failed, flaky, notRun } = counts;
  const parts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(flaky > 0 ? [`${flaky} flaky`] : []),
    ...(notRun > 0 ? [`${notRun} not run`] : []),
  ];
  const what = total === 0 ? "no steps" : `${total} ${total === 1 ? "step" : "steps"}: ${parts.join(", ")}`;
  const lines = [`${what} in ${elapsedOf(durationMs)}  run ${runId}  db ${database}`];
  if (pastDeadline) lines.push("the deadline had come");
  if (total === 0) lines.push("no step was recorded in this run: inside, call scenariolog exec --name NAME -- COMMAND");
  else if (code !== 0)
    lines.push(`look further: scenariolog why --db ${shellWord(database)} ${shellWord(shortRunId(runId))}`);
  return lines.map((line) => `${visible(line)}\n`).join("");
}
