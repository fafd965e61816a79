import { characterEnd, characterStart } from "./utf8.ts";

/** The index keeps this much of a line's beginning, as the Go build does. The file keeps every byte. */
export const HEAD_BYTES = 16_384;
/** The index keeps this much of the end of a line that is longer than both together. */
export const TAIL_BYTES = 8_192;
/** Stands for the middle of a long line. It holds no word, so that no search finds it. */
export const LEFT_OUT = " … ";

/** What is decoded beyond each cut: a secret that the cut would halve is seen whole. No secret is longer. */
const MARGIN_BYTES = 4_096;
const LONGEST_WHOLE_BYTES = HEAD_BYTES + TAIL_BYTES;
const LF = 0x0a;
const CR = 0x0d;

/** Both ends of a line that is too long to be kept whole, each with a margin beyond its cut. */
export interface LineEnds {
  readonly head: string;
  /** `head` is kept up to here. */
  readonly headEnd: number;
  readonly tail: string;
  /** `tail` is kept from here on. */
  readonly tailStart: number;
}

/**
 * Splits bytes into lines: at each LF, without one CR before it. A last line without LF counts, and so do empty lines.
 * Invalid UTF-8 becomes U+FFFD. Of a line of more than 24 KiB only both ends are kept, joined by `joined`, however long
 * the line is: between two chunks the splitter holds no more than about 40 KiB.
 */
export class LineSplitter {
  /** The beginning of a line whose LF has not come yet. `#pendingBytes` is the true length. */
  #pending: Buffer = Buffer.alloc(0);
  #pendingBytes = 0;
  /** The last bytes of that line, if it is longer than what `#pending` holds. */
  #end: Buffer = Buffer.alloc(0);

  constructor(private readonly joined: (ends: LineEnds) => string = joinedEnds) {}

  /** Calls `onLine` for each line that `chunk` completes. */
  push(chunk: Uint8Array, onLine: (text: string) => void): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    if (this.#pendingBytes > 0) {
      const end = bytes.indexOf(LF);
      this.#hold(bytes.subarray(0, end < 0 ? bytes.length : end));
      if (end < 0) return;
      onLine(this.#take(true));
      start = end + 1;
    }
    for (;;) {
      const end = bytes.indexOf(LF, start);
      if (end < 0) break;
      const textEnd = end > start && bytes[end - 1] === CR ? end - 1 : end;
      onLine(
        textEnd - start <= LONGEST_WHOLE_BYTES
          ? bytes.toString("utf8", start, textEnd)
          : this.#joinedText(bytes.subarray(start, textEnd), bytes.subarray(start, textEnd)),
      );
      start = end + 1;
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
  }

  /** Returns the last line if it had no LF, else null. */
  finish(): string | null {
    return this.#pendingBytes === 0 ? null : this.#take(false);
  }

  /** The length of the unfinished line so far: a reader that resumes later has to read these bytes again. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Copies `part`, because the chunk's memory belongs to the reader. */
  #hold(part: Buffer): void {
    this.#pendingBytes += part.length;
    // The byte beyond may be the CR before the LF.
    const room = LONGEST_WHOLE_BYTES + 1 - this.#pending.length;
    if (room > 0) this.#pending = Buffer.concat([this.#pending, part.subarray(0, room)]);
    if (part.length > room) this.#end = lastBytes(this.#end, part.subarray(Math.max(0, room)));
  }

  #take(beforeLf: boolean): string {
    const [start, end] = [this.#pending, lastBytes(this.#pending, this.#end)];
    const dropped = beforeLf && end.at(-1) === CR ? 1 : 0;
    const sizeBytes = this.#pendingBytes - dropped;
    this.#pending = Buffer.alloc(0);
    this.#end = Buffer.alloc(0);
    this.#pendingBytes = 0;
    return sizeBytes <= LONGEST_WHOLE_BYTES
      ? start.toString("utf8", 0, sizeBytes)
      : this.#joinedText(start, end.subarray(0, end.length - dropped));
  }

  /** `start` begins where the line does, and `end` ends where the line does. */
  #joinedText(start: Buffer, end: Buffer): string {
    const headBytes = characterEnd(start, HEAD_BYTES);
    const tailFrom = characterStart(end, end.length - TAIL_BYTES);
    const marginFrom = characterStart(end, Math.max(0, end.length - TAIL_BYTES - MARGIN_BYTES));
    const margin = end.toString("utf8", marginFrom, tailFrom);
    return this.joined({
      head: start.toString("utf8", 0, characterEnd(start, HEAD_BYTES + MARGIN_BYTES)),
      headEnd: start.toString("utf8", 0, headBytes).length,
      tail: margin + end.toString("utf8", tailFrom),
      tailStart: margin.length,
    });
  }
}

function joinedEnds({ head, headEnd, tail, tailStart }: LineEnds): string {
  return head.slice(0, headEnd) + LEFT_OUT + tail.slice(tailStart);
}

/** As many bytes from the end of both parts as the end of a line, its margin and a CR take: a copy. */
function lastBytes(before: Buffer, part: Buffer): Buffer {
  const wanted = TAIL_BYTES + MARGIN_BYTES + 1;
  if (part.length >= wanted) return Buffer.from(part.subarray(part.length - wanted));
  return Buffer.concat([before.subarray(Math.max(0, before.length + part.length - wanted)), part]);
}
