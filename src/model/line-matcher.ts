import { type LinePattern, linePatternOf } from "./line-pattern.ts";

/** From the first byte, and up to but without the second. */
export type Range = readonly [from: number, to: number];

/** Says which lines match. */
export interface Matcher {
  /** Whether a line matches. `line` may have its line end. */
  matches(line: Buffer): boolean;
  /** The matching lines of `bytes`, which begin and end with a whole line, in order. Neighbours come as one range. */
  rangesIn(bytes: Buffer): Iterable<Range>;
}

/**
 * Finds the lines that match a regular expression. A line is tested without its line end (LF, CR LF), as UTF-8. Most
 * lines match nothing, so the expression runs over many lines at once, and only lines in which it finds something are
 * tested one by one.
 */
export class LineMatcher implements Matcher {
  readonly #many: LinePattern | null;

  constructor(private readonly pattern: RegExp) {
    this.#many = linePatternOf(pattern);
  }

  matches(line: Buffer): boolean {
    return this.pattern.test(withoutEnd(line.toString("utf8")));
  }

  /** `text` is the decoded line: latin1 if `asBytes`, else UTF-8. */
  #matchesText(text: string, asBytes: boolean, bytes: Buffer, range: Range): boolean {
    if (asBytes && /[^\0-\x7f]/.test(text)) return this.matches(bytes.subarray(...range));
    return this.pattern.test(withoutEnd(text));
  }

  *rangesIn(bytes: Buffer): Generator<Range> {
    let from = 0;
    let to = 0;
    for (const [start, end] of this.#linesIn(bytes)) {
      if (start !== to) {
        if (to > from) yield [from, to];
        from = start;
      }
      to = end;
    }
    if (to > from) yield [from, to];
  }

  *#linesIn(bytes: Buffer): Generator<Range> {
    const isForBytes = this.#many?.isForBytes ?? false;
    const text = bytes.toString(isForBytes ? "latin1" : "utf8");
    const hasBreaks = this.#many?.seesBreaks !== false && (isForBytes ? BREAKS_AS_BYTES : BREAKS).test(text);
    const many = hasBreaks && this.#many?.isFragile ? null : this.#many;
    const isSure = many !== null && !hasBreaks && !(isForBytes && many.isLoose);
    // A sequence of several bytes never decodes to as many units. If the lengths are equal, each unit is one byte.
    const places = text.length === bytes.length ? null : new Places(text, bytes);
    for (let start = 0; start < text.length; ) {
      if (many !== null) {
        many.regExp.lastIndex = start;
        if (!many.regExp.test(text)) return;
        const { lastIndex } = many.regExp;
        // An empty match after the last line end is in no line.
        if (lastIndex >= text.length && text.endsWith("\n")) return;
        start = lastIndex === 0 ? 0 : text.lastIndexOf("\n", lastIndex - 1) + 1;
      }
      const end = text.indexOf("\n", start) + 1 || text.length;
      const range: Range = places === null ? [start, end] : [places.byteOf(start), places.byteOf(end)];
      if (isSure || this.#matchesText(text.slice(start, end), isForBytes, bytes, range)) yield range;
      start = end;
    }
  }
}

function withoutEnd(line: string): string {
  if (!line.endsWith("\n")) return line;
  return line.slice(0, line.endsWith("\r\n") ? -2 : -1);
}

/** Characters that end a line for `^` and `$`, but not for this program. */
const BREAKS = /[\r\u2028\u2029]/;
const BREAKS_AS_BYTES = /\r|\xe2\x80[\xa8\xa9]/;

/** Finds where the lines of a text begin in the bytes from which it was decoded. Ask in order. */
class Places {
  #position = 0;
  #byte = 0;

  constructor(
    private readonly text: string,
    private readonly bytes: Buffer,
  ) {}

  /** `position` is the beginning of a line, or the end of the text. Decoding keeps every LF, whatever lies between them. */
  byteOf(position: number): number {
    if (position === this.text.length) return this.bytes.length;
    while (this.#position < position) {
      this.#position = this.text.indexOf("\n", this.#position) + 1;
      this.#byte = this.bytes.indexOf(0x0a, this.#byte) + 1;
    }
    return this.#byte;
  }
}
