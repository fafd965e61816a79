import type { AlsoFailed, Diagnosis } from "../../report/why/diagnosis.ts";
import type { StepDiagnosis } from "../../report/why/step-diagnosis.ts";
import { elapsedOf, titleOf } from "../step-title.ts";
import { visible } from "../text.ts";
import { errorLines, shortCommit, shownLine, sinceHeading, sinceLines, tailHeading, tailLines } from "./log-lines.ts";
import { placeLines, shortPlace } from "./place.ts";

/** One screen for people: headings, and beneath each what belongs to it, indented. `bold` is what a heading becomes. */
export function text(diagnosis: Diagnosis, bold: (heading: string) => string): string {
  const titled: Section = (heading, lines) =>
    `\n${bold(heading)}\n${lines.map((line) => `${`  ${line}`.trimEnd()}\n`).join("")}`;
  const section: Section = (heading, lines) => (lines.length === 0 ? "" : titled(heading, lines));
  const { step } = diagnosis;
  const first = step === null ? null : ({ ...diagnosis, step } as StepDiagnosis);
  const full = diagnosis.also_failed.flatMap((other) => other.full ?? []);
  const named = diagnosis.also_failed.filter((other) => !other.full);
  return [
    `${visible(diagnosis.summary)}\n`,
    first && diagnosis.run.commit !== null ? `${commitOf(diagnosis)}\n` : "",
    ...(first ? stepParts(first, section, titled) : [section("Last line printed", lastLines(diagnosis))]),
    ...(first && full.length > 0 ? endParts(first, section) : []),
    ...full.flatMap((other) => [...stepParts(other, section, titled), ...endParts(other, section)]),
    section("Also failed", named.flatMap(otherLines)),
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
    ...(first && full.length === 0 ? endParts(first, section) : []),
    diagnosis.cut ? "\n(shortened to --max-bytes)\n" : "",
  ].join("");
}

/** A heading and its lines. */
type Section = (heading: string, lines: readonly string[]) => string;

function stepParts(diagnosis: StepDiagnosis, section: Section, titled: Section): string[] {
  const { step, failed_at: place, since } = diagnosis;
  const heading = `Step ${titleOf({ num: step.step_num, name: step.step_name })}: ${stepFacts(step).join(", ")}`;
  return [
    titled(heading, step.meaning === null ? [] : [visible(step.meaning)]),
    section("Where it failed", place ? placeLines(place) : []),
    section("First error", errorLines(diagnosis)),
    section("Last line printed", lastLines(diagnosis)),
    section(tailHeading("stderr", diagnosis.stderr), tailLines(diagnosis.stderr)),
    section(tailHeading("stdout", diagnosis.stdout), tailLines(diagnosis.stdout)),
    section(sinceHeading(since), sinceLines(diagnosis)),
  ];
}

function endParts({ reproduce, advice }: StepDiagnosis, section: Section): string[] {
  return [
    section("To run it again", (reproduce ?? "").split("\n").filter(Boolean).map(shownLine)),
    section("To see the line", advice === null ? [] : [advice]),
  ];
}

/** `exit 3`, `after 0.2s`, `attempt 2`: what stands behind a step's name. */
export function stepFacts({ status, exit_code: code, duration_ms: ms, attempts }: StepDiagnosis["step"]): string[] {
  return [
    code === null ? status : `exit ${code}`,
    ...(status === "interrupted" && code !== null ? ["interrupted"] : []),
    ...(ms === null ? [] : [`after ${elapsedOf(ms)}`]),
    ...(attempts > 1 ? [`attempt ${attempts}`] : []),
  ];
}

/** Which commit failed, and which one passed last. */
export function commitOf({ run, since }: Pick<Diagnosis, "run" | "since">): string {
  const changes = run.dirty ? ", with uncommitted changes" : "";
  const now = `commit ${visible(shortCommit(run.commit ?? ""))}${changes}`;
  if (!since?.commit) return now;
  return since.commit === run.commit
    ? `${now}; the step passed at the same commit before`
    : `${now}; the step last passed at ${visible(shortCommit(since.commit))}`;
}

/** A further step: how it ended, where, and of what. */
export function otherLines(other: AlsoFailed): string[] {
  const { step_num: num, step_name: name, status, exit_code: code, failed_at: place } = other;
  return [
    `${titleOf({ num, name })}: ${code === null ? status : `exit ${code}`}`,
    ...(place ? [`  ${shortPlace(place)}`] : []),
    ...errorLines(other).map((line) => `  ${line}`),
  ];
}

export function skippedLine({ step_num: num, step_name: name, reason }: Diagnosis["skipped"][number]): string {
  return `${titleOf({ num, name })}${reason === null ? "" : `: ${visible(reason)}`}`;
}

function lastLines({ last_line: last }: Pick<Diagnosis, "last_line">): string[] {
  return last === null ? [] : [`${last.stream}: ${shownLine(last.text)}`];
}

function noteLine({ step_num: num, text }: Diagnosis["notes"][number]): string {
  return `${num === null ? "" : `step ${num}: `}${visible(text)}`;
}
