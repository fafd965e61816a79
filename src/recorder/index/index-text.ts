import { LEFT_OUT, type LineEnds, LineSplitter } from "../../model/lines.ts";
import { KeyState, type Redactor } from "../../model/redact/redactor.ts";
import { type Span, withoutSpans } from "../../model/redact/spans.ts";
import { isControlled, screenLine } from "../../model/screen-line.ts";

/** They are not seen, but what they separate are words: `find -print0`. */
const SEPARATORS = /[\0\x1c-\x1f]/g;

/** Splits a log into lines. A secret that the middle of a long line is left out of is taken out of both ends. */
export function splitterFor(redactor: Redactor | undefined): LineSplitter {
  return redactor === undefined ? new LineSplitter() : new LineSplitter((ends) => redactedEnds(ends, redactor));
}

/**
 * Makes lines, which follow each other in a log, what the index holds of them, in place: each as a person sees it, without
 * secrets. The order matters: a redrawn line may hide a part of a secret, and control sequences may hide what makes it
 * look like one. `keys` goes from one call to the next.
 */
export function toIndexTexts(lines: string[], keys: KeyState, redactor: Redactor | undefined): void {
  redactor?.lines(lines, keys);
  const changed: number[] = [];
  for (let i = 0; i < lines.length; i++) {
    const raw = lines[i]!;
    if (!isControlled(raw)) continue;
    lines[i] = screenLine(raw.replace(SEPARATORS, " "));
    changed.push(i);
  }
  if (redactor === undefined || changed.length === 0) return;
  const texts = changed.map((i) => lines[i]!);
  redactor.lines(texts, new KeyState());
  for (const [at, i] of changed.entries()) lines[i] = texts[at]!;
}

function redactedEnds({ head, headEnd, tail, tailStart }: LineEnds, redactor: Redactor): string {
  const start = clipped(head, redactor.spans(head), 0, headEnd);
  const end = [clipped(tail, redactor.spans(tail), tailStart, tail.length)];
  redactor.tail(end);
  return start + LEFT_OUT + end.join("");
}

/** The text between two places. A span that crosses one of them counts up to there. */
function clipped(text: string, spans: readonly Span[], from: number, to: number): string {
  const inside = spans
    .filter(({ start, end }) => start < to && end > from)
    .map(({ start, end }) => ({ start: Math.max(start, from) - from, end: Math.min(end, to) - from }));
  return withoutSpans(text.slice(from, to), inside);
}
