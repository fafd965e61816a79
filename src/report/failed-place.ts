import { PLACE_TAGS } from "../model/failing-place.ts";
import type { Cell } from "../model/rows.ts";
import type { Store } from "../store/store.ts";
import { tagsOfSteps } from "../store/tags.ts";

/** A line of a script, as a trace names it. Null is not known. */
export interface TracedFrame {
  /** Relative to the run's root_dir if it lies there; null for a script that is no file (`bash -c`). */
  readonly file: string | null;
  readonly line: number | null;
  readonly function: string | null;
  readonly command: string | null;
}

/** What a step's trace says made it fail. The recorder writes it in the tags `failed.*`. */
export interface TracedPlace extends Omit<TracedFrame, "function"> {
  /** The condition that led to an `exit` or `return`; null if the command is none, or stands in none. */
  readonly guard: { readonly line: number; readonly text: string } | null;
  /** The commands that led to it, innermost first: the last one is a line of the step's own script. */
  readonly callers: readonly TracedFrame[];
}

/** The columns of a report for the place; `placeCells` gives their values. */
export const PLACE_COLUMNS = [
  "failed_file",
  "failed_line",
  "failed_command",
  "failed_caller_file",
  "failed_caller_line",
  "failed_caller_command",
] as const;

/** The places of a run's steps, by step id; a step is absent if no trace says anything. */
export function tracedPlaces(store: Store, runId: string): Map<string, TracedPlace> {
  const tags = tagsOfSteps(store, runId, PLACE_TAGS);
  return new Map([...tags].map(([stepId, values]) => [stepId, placeInTags(values)]));
}

/** What the tags of one step say. Without such tags everything in it is null or empty. */
export function placeInTags(tags: ReadonlyMap<string, string>): TracedPlace {
  const guardLine = numberOf(tags.get("failed.guard_line"));
  const guard = tags.get("failed.guard");
  return {
    file: tags.get("failed.file") ?? null,
    line: numberOf(tags.get("failed.line")),
    command: tags.get("failed.command") ?? null,
    guard: guardLine === null || guard === undefined ? null : { line: guardLine, text: guard },
    callers: callersIn(tags),
  };
}

/** The values of PLACE_COLUMNS. */
export function placeCells(place: TracedPlace | undefined): Cell[] {
  const outermost = place?.callers.at(-1);
  return [
    ...[place?.file ?? null, place?.line ?? null, place?.command ?? null],
    ...[outermost?.file ?? null, outermost?.line ?? null, outermost?.command ?? null],
  ];
}

/** Anybody may set a tag: a list that is not of the recorder's form leaves the outermost caller, which has tags of its own. */
function callersIn(tags: ReadonlyMap<string, string>): readonly TracedFrame[] {
  const line = numberOf(tags.get("failed.caller_line"));
  if (line === null) return [];
  const frames = framesIn(tags.get("failed.callers") ?? "");
  if (frames !== null) return frames;
  const file = tags.get("failed.caller_file") ?? null;
  return [{ file, line, function: null, command: tags.get("failed.caller_command") ?? null }];
}

function framesIn(json: string): TracedFrame[] | null {
  let rows: unknown;
  try {
    rows = JSON.parse(json);
  } catch {
    return null;
  }
  if (!Array.isArray(rows) || rows.length === 0) return null;
  const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
  return rows.map((row: unknown) => {
    const [file, line, scope, command] = Array.isArray(row) ? row : [];
    return {
      file: textOf(file),
      line: Number.isSafeInteger(line) ? (line as number) : null,
      function: textOf(scope),
      command: textOf(command),
    };
  });
}

function numberOf(text: string | undefined): number | null {
  return text === undefined || !/^\d{1,9}$/.test(text) ? null : Number(text);
}
