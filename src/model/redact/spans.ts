import { REDACTED } from "./redacted.ts";

/** A part of a text that is to be taken out: from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Told of what a rule has found, by places in the text that it was given. */
export type OnFound = (start: number, end: number) => void;

/** What looks for secrets of one kind in a text, which may have several lines. */
export interface Finder {
  /** In lower case, 3 bytes at least; one of them is in every text in which it finds something. */
  readonly hints: readonly string[];
  /** One of them is in every such text as well; for finders whose hints are in many others. */
  readonly needs?: readonly string[];
  readonly find: (text: string, onFound: OnFound) => void;
}

/** In order, those that overlap or touch as one. */
export function merged(spans: Span[]): Span[] {
  if (spans.length < 2) return spans;
  const result: { start: number; end: number }[] = [];
  for (const { start, end } of spans.sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (last && start < last.end) last.end = Math.max(last.end, end);
    else if (end > start) result.push({ start, end });
  }
  return result;
}

/** The text with each of the spans, which are in order and do not overlap, replaced. */
export function withoutSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  let result = "";
  let done = 0;
  for (const { start, end } of spans) {
    result += text.slice(done, start) + REDACTED;
    done = end;
  }
  return result + text.slice(done);
}

/** Finds all matches of an expression; of one with a first group, that group. `isSecret` may refuse some. */
export function byExpression(
  hints: readonly string[],
  /** Made when it is first needed. */
  pattern: () => RegExp,
  isSecret: (found: string, match: RegExpExecArray) => boolean = () => true,
): Finder {
  let all: RegExp | undefined;
  return {
    hints,
    find: (text, onFound) => {
      if (all === undefined) {
        const { source, flags } = pattern();
        all = new RegExp(source, `${flags.replace(/[dgy]/g, "")}dg`);
      }
      all.lastIndex = 0;
      for (let match = all.exec(text); match !== null; match = all.exec(text)) {
        if (match[0] === "") {
          all.lastIndex++;
          continue;
        }
        const group = match.slice(1).findIndex((part) => part !== undefined) + 1;
        const [start, end] = match.indices![group]!;
        if (isSecret(match[group]!, match)) onFound(start, end);
      }
    },
  };
}
