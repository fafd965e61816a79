import type { Diagnosis } from "../../report/why/diagnosis.ts";
import { codeSpan, longestTicks, markdownBlock, markdownText } from "../markdown-text.ts";
import { titleOf } from "../step-title.ts";
import { visible } from "../text.ts";
import { placeName, sinceHeading, sinceLines, skippedLine, sourceLines, tailHeading, tailLines } from "./text.ts";

/** For a pull request: what is read first on top, the logs in code blocks. */
export function markdown(diagnosis: Diagnosis): string {
  const { step, failed_at: place, first_error: error, since } = diagnosis;
  const blocks: string[] = [];
  if (step) {
    const how = step.exit_code === null ? step.status : `exit ${step.exit_code}`;
    blocks.push(`### Step ${codeSpan(titleOf({ num: step.step_num, name: step.step_name }))}: ${how}`);
  }
  blocks.push(markdownBlock(diagnosis.summary));
  if (step?.meaning) blocks.push(markdownText(`Exit: ${step.meaning}`));
  if (place) {
    blocks.push(`**Where it failed:** ${codeSpan(placeName(place))}`);
    if (place.source.length > 0 || place.problem !== undefined) blocks.push(fenced(sourceLines(place)));
    else if (place.command) blocks.push(fenced(place.command.split("\n")));
  }
  if (error) {
    const where = error.line === null ? error.stream : `${error.stream}:${error.line}`;
    blocks.push(`**First error** (${where}):`, fenced([error.text]));
  }
  const { last_line: last } = diagnosis;
  if (last) blocks.push(`**Last line printed** (${last.stream}):`, fenced([last.text]));
  for (const name of ["stderr", "stdout"] as const) {
    const lines = tailLines(diagnosis[name]);
    if (lines.length > 0) blocks.push(`**${markdownText(tailHeading(name, diagnosis[name]))}**`, fenced(lines));
  }
  if (since) blocks.push(`**${markdownText(sinceHeading(since))}**`, fenced(sinceLines(diagnosis)));
  const lists: [string, string[]][] = [
    [
      "Also failed",
      diagnosis.also_failed.map(
        ({ step_num: num, step_name: name, status, exit_code }) =>
          `${codeSpan(titleOf({ num, name }))}: ${exit_code === null ? status : `exit ${exit_code}`}`,
      ),
    ],
    ["Skipped", diagnosis.skipped.map((step) => markdownText(skippedLine(step)))],
    ["Not run", diagnosis.not_run.map(({ step_num: num, step_name: name }) => codeSpan(titleOf({ num, name })))],
    ["Notes", diagnosis.notes.map(({ text }) => markdownBlock(text))],
    ["Kept files", diagnosis.artifacts.map(({ kind, path }) => `${markdownBlock(kind)}: ${codeSpan(path)}`)],
  ];
  for (const [heading, items] of lists) {
    if (items.length > 0) blocks.push(`**${heading}**`, items.map((item) => `- ${item}`).join("\n"));
  }
  if (diagnosis.reproduce) blocks.push("**To run it again**", fenced(diagnosis.reproduce.split("\n"), "sh"));
  if (diagnosis.cut) blocks.push("(shortened to --max-bytes)");
  return `${blocks.join("\n\n")}\n`;
}

/** A code block that nothing in it can end. */
function fenced(lines: readonly string[], language = ""): string {
  const shown = lines.map((line) => line.split("\t").map(visible).join("\t"));
  const fence = "`".repeat(Math.max(3, longestTicks(shown.join("\n")) + 1));
  return `${fence}${language}\n${shown.join("\n")}\n${fence}`;
}
