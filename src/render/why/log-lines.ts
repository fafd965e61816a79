import type { Since } from "../../report/why/since.ts";
import type { StepDiagnosis, Tail } from "../../report/why/step-diagnosis.ts";
import { plainText } from "../plain-text.ts";
import { visible } from "../text.ts";

/** A line of a log or script: tabs become blanks, and what a terminal would obey is shown as text. */
export function shownLine(line: string): string {
  return plainText(line).replaceAll("\t", "    ");
}

export function tailHeading(name: string, tail: Tail | null): string {
  if (tail === null || tail.path === null) return name;
  const which = tail.lines.length === 1 ? "the last line" : `the last ${tail.lines.length} lines`;
  return tail.more && tail.lines.length > 0
    ? `${name}, ${which} of ${visible(tail.path)}`
    : `${name}: ${visible(tail.path)}`;
}

/** Nothing for an empty log: there is nothing to know about it. */
export function tailLines(tail: Tail | null): string[] {
  if (tail === null) return [];
  if (tail.problem !== null) return [`(the log ${tail.problem})`];
  return tail.lines.map(shownLine);
}

export function errorLines({ first_error: error }: Pick<StepDiagnosis, "first_error">): string[] {
  if (error === null) return [];
  return [`${error.stream}${error.line === null ? "" : `:${error.line}`}: ${shownLine(error.text)}`];
}

/** "" if the step has never passed before. */
export function sinceHeading(since: Since | null): string {
  if (since === null) return "";
  const shown = since.new_lines?.length ?? 0;
  const count = shown < (since.new_line_count ?? 0) ? `, ${shown} of ${since.new_line_count} lines` : "";
  const commit = since.commit === null ? "" : ` (commit ${visible(shortCommit(since.commit))})`;
  return `New since run ${visible(since.short_id)}${commit}, in which it passed${count}`;
}

export function sinceLines({
  since,
  step,
}: Pick<StepDiagnosis, "since"> & { step: StepDiagnosis["step"] | null }): string[] {
  if (since === null) return [];
  if (since.new_lines === null) return ["(the logs of that run cannot be read)"];
  const missing = since.missing_line_count ?? 0;
  const isInterrupted = step?.status === "interrupted";
  if (since.new_line_count === 0) {
    if (missing === 0) return [isInterrupted ? "nothing before it was interrupted" : "nothing: its output is the same"];
    const lacks = `${missing} ${missing === 1 ? "line" : "lines"} of then did not come`;
    return isInterrupted
      ? [`nothing before it was interrupted; ${lacks}, such as:`, ...(since.missing_lines ?? []).map(shownLine)]
      : [`nothing, but ${lacks}, such as:`, ...(since.missing_lines ?? []).map(shownLine)];
  }
  return since.new_lines.map(shownLine);
}

/** As git abbreviates it, with some room. */
export function shortCommit(commit: string): string {
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit.slice(0, 10) : commit;
}
