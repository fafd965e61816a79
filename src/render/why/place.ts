import type { FailedAt, Frame, ShownLine } from "../../report/why/failed-at.ts";
import { visible } from "../text.ts";
import { shownLine } from "./log-lines.ts";

/** Callers between the outermost and the place: more of them are recursion, or a framework. */
const MOST_BETWEEN = 6;

/** The outermost line first, which is the script's own, and the way down to what failed; source lines indented. */
export function placeLines(place: FailedAt): string[] {
  return [
    ...way(place).flatMap((line, i, lines) => {
      const isOutermost = i === 0 && lines.length > 1;
      const frame = isOutermost ? place.callers.at(-1)! : i === lines.length - 1 ? place : null;
      if (frame === null) return [line];
      // The command itself is among the source lines.
      const command = frame.source.length === 0 && frame.command ? [shownLine(frame.command.split("\n")[0]!)] : [];
      return [line, ...command, ...sourceLines(frame)];
    }),
    ...guardLines(place),
    ...remarks(place),
  ];
}

/** One line a frame, without source lines; between the outermost and the place, with the command. */
export function way(place: FailedAt): string[] {
  const [outermost, ...between] = place.callers.toReversed();
  if (outermost === undefined) return [placeName(place)];
  const left = between.length - MOST_BETWEEN;
  const named = between.map((frame) => `which came to ${withCommand(frame)}`);
  return [
    placeName(outermost),
    ...(left > 0 ? [...named.slice(0, MOST_BETWEEN), `… and ${left} more calls`] : named),
    `which came to ${placeName(place)}`,
  ];
}

/** The place in one line: the outermost one, with its command. */
export function shortPlace(place: FailedAt): string {
  return withCommand(place.callers.at(-1) ?? place);
}

export function placeName({ file, line, function: scope }: Frame): string {
  const place = file === null ? `line ${line}` : line === null ? visible(file) : `${visible(file)}:${line}`;
  return scope ? `${place}, in ${visible(scope)}()` : place;
}

/** With their numbers; the one that failed is marked, and gaps are. */
export function sourceLines({ source, line }: Pick<Frame, "source" | "line">): string[] {
  const width = String(source.at(-1)?.num ?? 0).length;
  return source.flatMap(({ num, text }, i) => {
    const shown = `${num === line ? ">" : " "} ${String(num).padStart(width)}  ${shownLine(text)}`;
    return isAfterGap(source, i) ? [`  ${"…".padStart(width)}`, shown] : [shown];
  });
}

/** What there is to say about the source lines; nothing if all is well. */
export function remarks({ changed_since, problem }: FailedAt): string[] {
  if (problem !== undefined) return [`(the file ${visible(problem)})`];
  return changed_since ? ["(the file was changed after the step had ended)"] : [];
}

/** The condition, unless it is among the lines that are shown. */
export function guardLines({ guard, source }: FailedAt): string[] {
  if (guard === null || source.some(({ num }) => num === guard.line)) return [];
  return [`because of line ${guard.line}: ${shownLine(guard.text.split("\n")[0]!)}`];
}

function withCommand(frame: Frame): string {
  const { command, source, line } = frame;
  const text = command ?? source.find(({ num }) => num === line)?.text.trim();
  return text ? `${placeName(frame)}: ${shownLine(text.split("\n")[0]!)}` : placeName(frame);
}

function isAfterGap(source: readonly ShownLine[], index: number): boolean {
  return index > 0 && source[index]!.num !== source[index - 1]!.num + 1;
}
