import type { Diagnosis, FailedAt, Since, Tail } from "../../report/why/diagnosis.ts";
import { plainText } from "../plain-text.ts";
import { elapsedOf, titleOf } from "../step-title.ts";
import { visible } from "../text.ts";

/** One screen for people: headings, and under each what belongs to it, indented. `bold` is what a heading becomes. */
export function text(diagnosis: Diagnosis, bold: (heading: string) => string): string {
  const { step } = diagnosis;
  const section = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? "" : `\n${bold(heading)}\n${lines.map((line) => `  ${line}`.trimEnd()).join("\n")}\n`;
  const parts = [`${visible(diagnosis.summary)}\n`];
  if (step) {
    const { duration_ms: ms, attempts } = step;
    const facts = [
      step.exit_code === null ? step.status : `exit ${step.exit_code}`,
      ...(step.status === "interrupted" && step.exit_code !== null ? ["interrupted"] : []),
      ...(ms === null ? [] : [`after ${elapsedOf(ms)}`]),
      ...(attempts > 1 ? [`attempt ${attempts}`] : []),
    ];
    const heading = `Step ${titleOf({ num: step.step_num, name: step.step_name })}: ${facts.join(", ")}`;
    parts.push(step.meaning === null ? `\n${bold(heading)}\n` : section(heading, [visible(step.meaning)]));
  }
  parts.push(
    section("Where it failed", placeLines(diagnosis.failed_at)),
    section("First error", errorLines(diagnosis)),
    section("Last line printed", lastLines(diagnosis)),
    ...(["stderr", "stdout"] as const).map((name) =>
      section(tailHeading(name, diagnosis[name]), tailLines(diagnosis[name])),
    ),
    section(sinceHeading(diagnosis.since), sinceLines(diagnosis)),
    section(
      "Also failed",
      diagnosis.also_failed.map(
        ({ step_num: num, step_name: name, status, exit_code: code }) =>
          `${titleOf({ num, name })}: ${code === null ? status : `exit ${code}`}`,
      ),
    ),
    section("Skipped", diagnosis.skipped.map(skippedLine)),
    section(
      "Not run",
      diagnosis.not_run.map(({ step_num: num, step_name: name }) => titleOf({ num, name })),
    ),
    section("Notes", diagnosis.notes.map(noteLine)),
    section(
      "Kept files",
      diagnosis.artifacts.map(({ kind, path }) => `${visible(kind)}: ${visible(path)}`),
    ),
    section("To run it again", (diagnosis.reproduce ?? "").split("\n").filter(Boolean).map(shownLine)),
  );
  if (diagnosis.cut) parts.push("\n(shortened to --max-bytes)\n");
  return parts.join("");
}

/** A line of a log or script: tabs become blanks, what a terminal would obey is shown. */
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

export function placeName({ file, line, function: scope }: FailedAt): string {
  const place = file === null ? `line ${line}` : line === null ? visible(file) : `${visible(file)}:${line}`;
  return scope ? `${place}, in ${visible(scope)}()` : place;
}

export function sourceLines({ source, line, changed_since, problem }: FailedAt): string[] {
  if (problem !== undefined) return [`(the file ${visible(problem)})`];
  const width = String(source.at(-1)?.num ?? 0).length;
  const lines = source.map(
    ({ num, text }) => `${num === line ? ">" : " "} ${String(num).padStart(width)}  ${shownLine(text)}`,
  );
  return changed_since ? [...lines, "(the file was changed after the step had ended)"] : lines;
}

export function sinceHeading(since: Since | null): string {
  if (since === null) return "";
  const shown = since.new_lines?.length ?? 0;
  const count = shown < (since.new_line_count ?? 0) ? `, ${shown} of ${since.new_line_count} lines` : "";
  return `New since run ${visible(since.short_id)}, in which it passed${count}`;
}

export function sinceLines({ since, step }: Pick<Diagnosis, "since" | "step">): string[] {
  if (since === null) return [];
  if (since.new_lines === null) return ["(the logs of that run cannot be read)"];
  const missing = since.missing_line_count ?? 0;
  const lacks = missing === 0 ? "" : `${missing} ${missing === 1 ? "line" : "lines"} of then did not come`;
  if (since.new_line_count === 0) {
    if (step?.status === "interrupted") return [`nothing before it was interrupted${lacks && `; ${lacks}`}`];
    return [lacks ? `nothing, but ${lacks}` : "nothing: it printed then what it prints now"];
  }
  return since.new_lines.map(shownLine);
}

export function skippedLine({ step_num: num, step_name: name, reason }: Diagnosis["skipped"][number]): string {
  return `${titleOf({ num, name })}${reason === null ? "" : `: ${visible(reason)}`}`;
}

function lastLines({ last_line: last }: Diagnosis): string[] {
  return last === null ? [] : [`${last.stream}: ${shownLine(last.text)}`];
}

function placeLines(place: FailedAt | null): string[] {
  if (place === null) return [];
  // The line itself is among the source lines.
  const command = place.source.length === 0 && place.command ? [shownLine(place.command.split("\n")[0]!)] : [];
  return [placeName(place), ...command, ...sourceLines(place)];
}

function errorLines({ first_error: error }: Diagnosis): string[] {
  if (error === null) return [];
  return [`${error.stream}${error.line === null ? "" : `:${error.line}`}: ${shownLine(error.text)}`];
}

function noteLine({ step_num: num, text }: Diagnosis["notes"][number]): string {
  return `${num === null ? "" : `step ${num}: `}${visible(text)}`;
}
