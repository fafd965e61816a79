import type { Matcher, Range } from "./line-matcher.ts";
import { screenLine } from "./screen-line.ts";

const LF = 0x0a;
const CR = 0x0d;
/** ESC, BS, and the first byte of C1 controls in UTF-8. A block without them, and without a CR within a line, is plain. */
const CONTROL_BYTES = [0x1b, 0x08, 0xc2];
const CONTROLLED = /[\x1b\b\x80-\x9f]|\r(?!\n)/;

/** Finds the lines in which a matcher finds something as a person sees them: see `screenLine`. */
export class ScreenLineMatcher implements Matcher {
  constructor(private readonly matcher: Matcher) {}

  /** Whether a line matches. `line` may have its line end. */
  matches(line: Buffer): boolean {
    return this.matcher.matches(Buffer.from(screenText(line.toString("utf8"))));
  }

  /** The matching lines of `bytes`, which begin and end with a whole line, in order. Neighbours come as one range. */
  *rangesIn(bytes: Buffer): Generator<Range> {
    if (isPlain(bytes)) {
      yield* this.matcher.rangesIn(bytes);
      return;
    }
    const seen = Buffer.from(screenText(bytes.toString("utf8")));
    const places = new LineStarts(seen, bytes);
    for (const [from, to] of this.matcher.rangesIn(seen)) yield [places.originalOf(from), places.originalOf(to)];
    // A last line without LF, of which nothing is seen, is no line of `seen`.
    const end = places.originalOf(seen.length);
    if (end < bytes.length && this.matcher.matches(Buffer.alloc(0))) yield [end, bytes.length];
  }
}

/** Looks for single bytes, which is several times as fast as to decode the block for an expression. */
function isPlain(bytes: Buffer): boolean {
  if (CONTROL_BYTES.some((byte) => bytes.includes(byte))) return !CONTROLLED.test(bytes.toString("utf8"));
  return !bytes.includes(CR) || !/\r(?!\n)/.test(bytes.toString("latin1"));
}

/** Keeps every LF, and a CR before it. */
function screenText(text: string): string {
  if (!CONTROLLED.test(text)) return text;
  const lines = text.split("\n");
  for (const [i, line] of lines.entries()) {
    if (!CONTROLLED.test(line)) continue;
    const hasCrLf = line.endsWith("\r") && i < lines.length - 1;
    lines[i] = hasCrLf ? `${screenLine(line.slice(0, -1))}\r` : screenLine(line);
  }
  return lines.join("\n");
}

/** Where the lines of one text begin in another that has the same number of lines, asked in order. */
class LineStarts {
  #at = 0;
  #original = 0;

  constructor(
    private readonly text: Buffer,
    private readonly original: Buffer,
  ) {}

  originalOf(at: number): number {
    if (at === this.text.length && this.text.at(-1) !== LF && at > 0) return this.original.length;
    while (this.#at < at) {
      this.#at = this.text.indexOf(LF, this.#at) + 1;
      this.#original = this.original.indexOf(LF, this.#original) + 1;
    }
    return this.#original;
  }
}
