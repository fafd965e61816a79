/** The tags in which the recorder keeps where a traced step failed. */
export const PLACE_TAGS = [
  "failed.file",
  "failed.line",
  "failed.command",
  "failed.guard_line",
  "failed.guard",
  "failed.caller_file",
  "failed.caller_line",
  "failed.caller_command",
  "failed.callers",
] as const;

/** Where a step failed, as a person looks for it. */
export interface FailingPlace {
  /** As stored: relative to the run's root if it lies inside it; null for a script that is not a file. */
  readonly file: string | null;
  /** From 1. */
  readonly line: number | null;
  readonly command: string | null;
}

/**
 * The place that a person wants to see first, from the tags that a step's trace has set: the outermost caller of the helper
 * that failed, since that is a line of the step's own script; else the condition that led to an `exit` or a `return`; else
 * the failing command itself. Null if there are no such tags.
 */
export function failingPlaceOf(tags: ReadonlyMap<string, string>): FailingPlace | null {
  if (tags.has("failed.caller_line"))
    return placeIn(tags, "failed.caller_file", "failed.caller_line", "failed.caller_command");
  if (tags.has("failed.guard_line")) return placeIn(tags, "failed.file", "failed.guard_line", "failed.guard");
  return tags.has("failed.line") ? placeIn(tags, "failed.file", "failed.line", "failed.command") : null;
}

function placeIn(tags: ReadonlyMap<string, string>, file: string, line: string, command: string): FailingPlace {
  const number = Number(tags.get(line));
  return { file: tags.get(file) || null, line: number > 0 ? number : null, command: tags.get(command) || null };
}
