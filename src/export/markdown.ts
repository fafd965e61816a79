import { screenLine } from "../model/screen-line.ts";
import { isFailure } from "../model/step.ts";
import { stepTitle } from "../model/step-title.ts";
import { codeSpan, longestTicks, markdownText } from "../render/markdown-text.ts";
import { humanDuration } from "../render/terminal/human.ts";
import type { DocumentStep, RunDocument } from "../report/document/run-document.ts";
import { failureMessage, ownFrame, placeLines, placeText } from "./failure-text.ts";
import { logText } from "./log-text.ts";

export interface MarkdownOptions {
  /** What the page takes: GitHub 1,024 KiB a step summary, 65,536 characters a comment. In bytes. */
  readonly maxBytes: number;
}

/** Of each stream of a failed step, in characters. */
const LOG_CHARACTERS = 16 << 10;
const LEAST_LOG_CHARACTERS = 256;
const SLOWEST = 5;

/**
 * A run as a page in GitHub's Markdown: the result, the failed steps with place and cause, their logs folded away, what was
 * flaky, skipped or not run, and the slowest steps. If it is too long, the logs give way first, then the last failures.
 */
export function markdownPage(document: RunDocument, { maxBytes }: MarkdownOptions): string {
  for (let room = LOG_CHARACTERS; room >= LEAST_LOG_CHARACTERS; room = Math.floor(room / 4)) {
    const text = page(document, room, Number.POSITIVE_INFINITY);
    if (Buffer.byteLength(text) <= maxBytes) return text;
  }
  for (let most = 50; most > 1; most = Math.floor(most / 2)) {
    const text = page(document, LEAST_LOG_CHARACTERS, most);
    if (Buffer.byteLength(text) <= maxBytes) return text;
  }
  return page(document, LEAST_LOG_CHARACTERS, 1);
}

function page(document: RunDocument, room: number, mostFailures: number): string {
  const { run, steps } = document;
  const failed = steps.filter(({ status }) => isFailure(status));
  const shown = failed.slice(0, mostFailures);
  const left = failed.length - shown.length;
  return [
    `## ${run.status === "passed" ? "✅" : "❌"} ${markdownText(run.summary)}`,
    countLine(document),
    failed.length === 0 ? "" : failureTable(failed),
    ...shown.map((step) => failureBlock(step, room)),
    left > 0 ? `_${left} more failed steps are left out here._` : "",
    listed(
      "Flaky",
      steps.filter(({ flaky }) => flaky),
      (step) => `passed at attempt ${step.attempts.length}`,
    ),
    listed(
      "Skipped",
      steps.filter(({ status }) => status === "skipped"),
      ({ reason }) => reason ?? "",
    ),
    listed(
      "Not run",
      steps.filter(({ status }) => status === "not run"),
      () => "",
    ),
    slowest(steps),
  ]
    .filter((block) => block !== "")
    .join("\n\n")
    .concat("\n");
}

function countLine({ run }: RunDocument): string {
  const { counts, duration_ms: ms, tags } = run;
  const parts = [
    `${counts.total} steps`,
    ...(["passed", "failed", "interrupted", "skipped", "not_run"] as const).flatMap((name) =>
      counts[name] > 0 ? [`${counts[name]} ${name.replace("_", " ")}`] : [],
    ),
    ...(ms === null ? [] : [humanDuration(ms)]),
    ...(tags["git.commit"] ? [codeSpan(tags["git.commit"].slice(0, 12))] : []),
  ];
  return `${parts.join(" · ")} · run ${codeSpan(run.short_id)}`;
}

function failureTable(failed: readonly DocumentStep[]): string {
  // A bar after an even number of backslashes would end the cell, in a code span as well.
  const cell = (text: string) => text.replace(/\\*\|/g, (bar) => (bar.length % 2 === 1 ? `\\${bar}` : bar));
  const rows = failed.map((step) => {
    const place = step.failed_at && ownFrame(step.failed_at);
    const cells = [
      codeSpan(stepTitle(step.step_num, step.step_name)),
      markdownText(endOf(step)),
      place ? codeSpan(placeText(place)) : "",
      markdownText(oneLine(failureMessage(step), 200)),
      humanDuration(step.duration_ms),
    ];
    return `| ${cells.map(cell).join(" | ")} |`;
  });
  return ["| step | end | place | what | took |", "|---|---|---|---|---|", ...rows].join("\n");
}

function failureBlock(step: DocumentStep, room: number): string {
  const parts = [
    step.meaning ? markdownText(step.meaning) : "",
    fenced(placeLines(step.failed_at)),
    step.since?.new_lines?.length ? `New since it last passed:\n\n${fenced(step.since.new_lines)}` : "",
    ...(["stderr", "stdout"] as const).map((name) => {
      const text = logText(step[name], Math.floor(room / 2));
      return text === "" ? "" : `${name}:\n\n${fenced(text.split("\n"))}`;
    }),
    step.reproduce ? `To run it again:\n\n${fenced([step.reproduce])}` : "",
  ].filter((part) => part !== "");
  return `<details><summary>${htmlText(`${stepTitle(step.step_num, step.step_name)}: ${endOf(step)}`)}</summary>\n\n${parts.join("\n\n")}\n\n</details>`;
}

function listed(heading: string, steps: readonly DocumentStep[], about: (step: DocumentStep) => string): string {
  if (steps.length === 0) return "";
  const lines = steps.map((step) => {
    const text = about(step);
    return `- ${codeSpan(stepTitle(step.step_num, step.step_name))}${text === "" ? "" : `: ${markdownText(text)}`}`;
  });
  return `**${heading}**\n\n${lines.join("\n")}`;
}

function slowest(steps: readonly DocumentStep[]): string {
  const timed = steps.filter(({ duration_ms: ms }) => ms !== null && ms >= 1000);
  const top = timed.toSorted((a, b) => b.duration_ms! - a.duration_ms!).slice(0, SLOWEST);
  return listed("Slowest", top, ({ duration_ms: ms }) => humanDuration(ms));
}

function endOf({ status, reason, exit_code: code }: DocumentStep): string {
  if (reason === "timeout") return "timeout";
  return code === null || status === "interrupted" ? status : `exit ${code}`;
}

/** A fence with more backticks than any line of the text has. */
function fenced(lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const text = lines.map(screenLine).join("\n");
  const fence = "`".repeat(Math.max(3, longestTicks(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function htmlText(text: string): string {
  return screenLine(text.replaceAll("\n", " "))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

function oneLine(text: string, most: number): string {
  const line = screenLine(text.replaceAll("\n", " "));
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
