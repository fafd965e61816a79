import { shortRunId } from "../../model/ids.ts";
import { shellWord } from "../../model/shell-word.ts";
import type { SuiteCounts, SuiteResult } from "../../recorder/run/suite-result.ts";
import { elapsedOf } from "../../render/step-title.ts";
import { visible } from "../../render/text.ts";
import { nearName } from "./tail-dump.ts";

/** More failures are read in the answer of `why`, not in a terminal's last lines. */
const MOST_FAILURES = 10;
const COLUMNS = 80;

/**
 * Each step that failed once more, `7 steps: 6 passed, 1 failed in 12.3s  run 9f86d081  db <file>`, and where to look
 * further. `failures` are the console's own lines.
 */
export function summaryLines(
  database: string,
  result: SuiteResult & { readonly outputFiles?: readonly string[] },
  failures: readonly string[] = [],
): string {
  const { counts, durationMs, runId, pastDeadline, code } = result;
  const total = counts?.total ?? null;
  const lines = failures.slice(0, MOST_FAILURES);
  if (failures.length > MOST_FAILURES) lines.push(`  and ${failures.length - MOST_FAILURES} more`);
  const head = `${whatOf(counts)} in ${elapsedOf(durationMs)}  run ${shortRunId(runId)}`;
  const tail = `  db ${database}`;
  lines.push(...(Bun.stringWidth(head + tail) <= COLUMNS ? [head + tail] : [head, tail]));
  if (pastDeadline) lines.push("the deadline had come");
  const files = result.outputFiles ?? [];
  if (total === 0 && files.length > 0) lines.push(`the output is kept: ${files.map(nearName).join(", ")}`);
  if (total === 0 && (files.length === 0 || code === 0)) {
    lines.push("no step was recorded in this run; to record some, call inside:");
    lines.push("  scenariolog exec --name NAME -- COMMAND");
  } else if (code !== 0)
    lines.push(`look further: scenariolog why --db ${shellWord(database)} ${shellWord(shortRunId(runId))}`);
  return lines.map((line) => `${visible(line)}\n`).join("");
}

function whatOf(counts: SuiteCounts | null): string {
  if (counts === null) return "an unknown number of steps";
  const { total, passed, failed, interrupted, skipped, flaky, notRun, leftOut = 0 } = counts;
  if (total === 0) return "no steps";
  const others: [number, string][] = [
    [failed, "failed"],
    [interrupted, "interrupted"],
    [flaky, "flaky"],
    [skipped, "skipped"],
    [notRun, "not run"],
    [leftOut, "left out"],
  ];
  const parts = [`${passed} passed`, ...others.flatMap(([n, what]) => (n > 0 ? [`${n} ${what}`] : []))];
  return `${total} ${total === 1 ? "step" : "steps"}: ${parts.join(", ")}`;
}
