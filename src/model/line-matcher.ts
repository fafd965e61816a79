import { linePatternOf } from "./line-pattern.ts";

/** From, and up to but without, these bytes. */
export type Range = readonly [from: number, to: number];

/**
 * Finds the lines that match a regular expression. A line is tested without its line end (LF, CR LF), as UTF-8. Most
 * lines match nothing, so the expression runs over many lines at once, and only those in which it finds something are
 * looked at one by one.
 */
export class LineMatcher {
  readonly #many: ReturnType<typeof linePatternOf>;

  constructor(private readonly pattern: RegExp) {
    this.#many = linePatternOf(pattern);
  }

  /** Whether a line matches; `line` may have its line end. */
  matches(line: Buffer): boolean {
    return this.pattern.test(line.toString("utf8").replace(/\r?\n$/, ""));
  }

  /** The matching lines of `bytes`, which begin and end with a whole line, in order; neighbours come as one range. */
  *rangesIn(bytes: Buffer): Generator<Range> {
    const text = bytes.toString("utf8");
    // Then each unit of the text is one byte: a sequence of several bytes never has as many units.
    const places = text.length === bytes.length ? null : new Places(text, bytes);
    const at = (position: number) => (places === null ? position : places.byteOf(position));
    let from = 0;
    let to = 0;
    for (const [start, end] of this.#linesIn(text)) {
      if (start !== to) {
        if (to > from) yield [at(from), at(to)];
        from = start;
      }
      to = end;
    }
    if (to > from) yield [at(from), at(to)];
  }

  *#linesIn(text: string): Generator<Range> {
    const isPlain = !/[\r\u2028\u2029]/.test(text);
    const many = this.#many !== null && (isPlain || !this.#many.isFragile) ? this.#many.regExp : null;
    for (let start = 0; start < text.length; ) {
      if (many !== null) {
        many.lastIndex = start;
        if (!many.test(text)) return;
        // An empty match behind the last line end is in no line.
        if (many.lastIndex >= text.length && text.endsWith("\n")) return;
        start = many.lastIndex === 0 ? 0 : text.lastIndexOf("\n", many.lastIndex - 1) + 1;
      }
      const lf = text.indexOf("\n", start);
      const end = lf < 0 ? text.length : lf + 1;
      if ((many !== null && isPlain) || this.pattern.test(withoutEnd(text, start, lf))) yield [start, end];
      start = end;
    }
  }
}

function withoutEnd(text: string, start: number, lf: number): string {
  if (lf < 0) return text.slice(start);
  return text.slice(start, lf > start && text[lf - 1] === "\r" ? lf - 1 : lf);
}

/** Where the lines of a text begin in the bytes that it was decoded from, asked in order. */
class Places {
  #position = 0;
  #byte = 0;

  constructor(
    private readonly text: string,
    private readonly bytes: Buffer,
  ) {}

  /** Of the beginning of a line, or the end of the text. Decoding keeps every LF, whatever lies between them. */
  byteOf(position: number): number {
    if (position === this.text.length) return this.bytes.length;
    while (this.#position < position) {
      this.#position = this.text.indexOf("\n", this.#position) + 1;
      this.#byte = this.bytes.indexOf(0x0a, this.#byte) + 1;
    }
    return this.#byte;
  }
}
