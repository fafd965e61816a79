/** What one log has and another has not. */
export interface NewLines {
  /** In their order, each once; no more than were asked for. */
  readonly lines: readonly string[];
  /** How many there are in all. */
  readonly total: number;
}

/**
 * The lines of `now` that are not in `before`, whatever differs in them from one run to the next: numbers, times, ids,
 * addresses, the run's root and temporary directories.
 */
export function newLines(
  before: readonly string[],
  now: readonly string[],
  roots: { readonly before: string; readonly now: string },
  most: number,
): NewLines {
  const known = new Set(before.map((line) => normalised(line, roots.before)));
  const lines: string[] = [];
  let total = 0;
  for (const line of now) {
    const key = normalised(line, roots.now);
    if (key === "" || known.has(key)) continue;
    known.add(key);
    total++;
    if (lines.length < most) lines.push(line);
  }
  return { lines, total };
}

/** Of a line, no more is compared. */
const COMPARED = 2000;

/** A line without what differs from one run to the next. */
export function normalised(line: string, root: string): string {
  const text = line.slice(0, COMPARED);
  return (root.length > 1 ? text.replaceAll(root, "ROOT") : text)
    .replace(TEMPORARY, "TMP")
    .replace(UUID, "ID")
    .replace(TIME, "TIME")
    .replace(HEX, "ID")
    .replace(DURATION, "TIME")
    .replace(/\d+(?:[.,]\d+)*/g, "#")
    .replace(/\s+/g, " ")
    .trim();
}

/** A directory or file below a place for temporary ones: what lies in it keeps its name. */
const TEMPORARY = /(?:\/private)?\/(?:tmp|var\/tmp|dev\/shm|var\/folders\/[^/\s]+\/[^/\s]+\/T)\/[^/\s"'`:;,()<>]+/g;
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const TIME =
  /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|\b ?[+-]\d\d:?\d\d\b)?)?|\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? )?(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* +\d{1,4}(?:,? \d{4})?(?: \d\d:\d\d:\d\d)?|\b\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?\b/g;
/** Addresses, hashes and random names: a word of seven or more hex digits with at least one digit among them. */
const HEX = /\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)[0-9a-f]{7,}\b/gi;
const DURATION =
  /\b\d+(?:\.\d+)? ?(?:ns|[µu]s|ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?)(?:\d+(?:\.\d+)?(?:ms|s|m))*\b/g;
