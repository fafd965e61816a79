import { type Finder, merged, type Span } from "./spans.ts";
import { placeOf, viewsOf } from "./view.ts";

/** A longer text is read in windows of this size, each of which repeats the end of the one before. */
const WINDOW = 256 << 10;
const OVERLAP = 16 << 10;

/**
 * What the finders find in a text, in order and without overlaps. `patterns`, those of the user among them, see the text as
 * it is and as a terminal shows it, but not with its escapes resolved.
 */
export function spansIn(text: string, finders: readonly Finder[], patterns: readonly Finder[]): Span[] {
  const spans: Span[] = [];
  for (let from = 0; ; from += WINDOW - OVERLAP) {
    const part = text.length <= WINDOW ? text : text.slice(from, from + WINDOW);
    for (const [level, view] of viewsOf(part).entries()) {
      for (const finder of finders) {
        if (level > 1 && patterns.includes(finder)) continue;
        finder.find(view.text, (start, end) => {
          if (end <= start) return;
          // Behind the last character, not before the next one: a control sequence may be between them.
          spans.push({
            start: from + placeOf(view, start),
            end: from + endOf(part, placeOf(view, end - 1), placeOf(view, end)),
          });
        });
      }
    }
    if (from + WINDOW >= text.length) break;
  }
  return merged(spans);
}

/** Where a span ends in the raw text whose last character stands at `last`, and the next one seen at `next`. */
function endOf(text: string, last: number, next: number): number {
  const between = text.slice(last, next);
  // An escape that is spelled out stands for its one character; a control sequence behind it stays.
  const spelled =
    /^(?:\\(?:u\{?[0-9a-fA-F]{4,6}\}?|x[0-9a-fA-F]{2}|0?[0-3][0-7]{2}|.)|&#?\w{2,5};|%[0-9a-fA-F]{2})/s.exec(between);
  return spelled ? last + spelled[0].length : Math.min(next, last + 1);
}
