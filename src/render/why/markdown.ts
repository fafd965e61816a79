import type { AlsoFailed, Diagnosis } from "../../report/why/diagnosis.ts";
import type { StepDiagnosis } from "../../report/why/step-diagnosis.ts";
import { codeSpan, longestTicks, markdownBlock, markdownText } from "../markdown-text.ts";
import { titleOf } from "../step-title.ts";
import { visible } from "../text.ts";
import { sinceHeading, sinceLines, tailHeading, tailLines } from "./log-lines.ts";
import { guardLines, placeName, remarks, shortPlace, sourceLines, way } from "./place.ts";
import { commitOf, skippedLine } from "./text.ts";

/** For a pull request: what is read first comes first, and the logs are in code blocks. */
export function markdown(diagnosis: Diagnosis): string {
  const { step } = diagnosis;
  const first = step === null ? null : ({ ...diagnosis, step } as StepDiagnosis);
  const full = diagnosis.also_failed.flatMap((other) => other.full ?? []);
  const blocks: string[] = [
    ...(first ? [headingOf(first)] : []),
    markdownBlock(diagnosis.summary),
    ...(first && diagnosis.run.commit !== null ? [markdownText(commitOf(diagnosis))] : []),
    ...(first ? stepBlocks(first) : lastLineBlocks(diagnosis)),
    ...(first && full.length > 0 ? endBlocks(first) : []),
    ...full.flatMap((other) => [headingOf(other), ...stepBlocks(other), ...endBlocks(other)]),
  ];
  const lists: [string, string[]][] = [
    ["Also failed", diagnosis.also_failed.filter((other) => !other.full).map(otherItem)],
    ["Skipped", diagnosis.skipped.map((step) => markdownText(skippedLine(step)))],
    ["Not run", diagnosis.not_run.map(({ step_num: num, step_name: name }) => codeSpan(titleOf({ num, name })))],
    ["Notes", diagnosis.notes.map(({ text }) => markdownBlock(text))],
    ["Kept files", diagnosis.artifacts.map(({ kind, path }) => `${markdownBlock(kind)}: ${codeSpan(path)}`)],
  ];
  for (const [heading, items] of lists) {
    if (items.length > 0) blocks.push(`**${heading}**`, items.map((item) => `- ${item}`).join("\n"));
  }
  if (first && full.length === 0) blocks.push(...endBlocks(first));
  if (diagnosis.cut) blocks.push("(shortened to --max-bytes)");
  return `${blocks.join("\n\n")}\n`;
}

function headingOf({ step }: StepDiagnosis): string {
  const how = step.exit_code === null ? step.status : `exit ${step.exit_code}`;
  return `### Step ${codeSpan(titleOf({ num: step.step_num, name: step.step_name }))}: ${how}`;
}

function stepBlocks(diagnosis: StepDiagnosis): string[] {
  const { step, failed_at: place, first_error: error, since } = diagnosis;
  const blocks: string[] = [];
  if (step.meaning) blocks.push(markdownText(`Exit: ${step.meaning}`));
  if (place) {
    const outermost = place.callers.at(-1) ?? place;
    blocks.push(`**Where it failed:** ${codeSpan(placeName(outermost))}`);
    const lines = place === outermost ? [] : [...sourceLines(outermost), ...way(place).slice(1)];
    const own = place.source.length > 0 ? sourceLines(place) : (place.command ?? "").split("\n").filter(Boolean);
    const all = [...lines, ...own, ...guardLines(place), ...remarks(place)];
    if (all.length > 0) blocks.push(fenced(all));
  }
  if (error) {
    const where = error.line === null ? error.stream : `${error.stream}:${error.line}`;
    blocks.push(`**First error** (${where}):`, fenced([error.text]));
  }
  blocks.push(...lastLineBlocks(diagnosis));
  for (const name of ["stderr", "stdout"] as const) {
    const lines = tailLines(diagnosis[name]);
    if (lines.length > 0) blocks.push(`**${markdownText(tailHeading(name, diagnosis[name]))}**`, fenced(lines));
  }
  if (since) blocks.push(`**${markdownText(sinceHeading(since))}**`, fenced(sinceLines(diagnosis)));
  return blocks;
}

function lastLineBlocks({ last_line: last }: Pick<Diagnosis, "last_line">): string[] {
  return last ? [`**Last line printed** (${last.stream}):`, fenced([last.text])] : [];
}

function endBlocks({ reproduce, advice }: StepDiagnosis): string[] {
  return [
    ...(reproduce ? ["**To run it again**", fenced(reproduce.split("\n"), "sh")] : []),
    ...(advice ? [`**To see the line:** ${markdownText(advice)}`] : []),
  ];
}

function otherItem({ step_num: num, step_name: name, status, exit_code: code, ...cause }: AlsoFailed): string {
  const { failed_at: place, first_error: error } = cause;
  const details = [...(place ? [shortPlace(place)] : []), ...(error ? [error.text] : [])];
  const how = `${codeSpan(titleOf({ num, name }))}: ${code === null ? status : `exit ${code}`}`;
  return [how, ...details.map(codeSpan)].join(", ");
}

/** A code block that nothing in it can end. */
function fenced(lines: readonly string[], language = ""): string {
  const shown = lines.map((line) => line.split("\t").map(visible).join("\t"));
  const fence = "`".repeat(Math.max(3, longestTicks(shown.join("\n")) + 1));
  return `${fence}${language}\n${shown.join("\n")}\n${fence}`;
}
