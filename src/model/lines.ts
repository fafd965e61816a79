/** Text kept of a line, in bytes; what is longer is cut in the index (never in the file). */
export const MAX_LINE_BYTES = 16_384;

const LF = 0x0a;
const CR = 0x0d;

/**
 * Bytes to lines: split on LF, one CR before the LF dropped, a last line without LF counts, empty lines too. Invalid
 * UTF-8 becomes U+FFFD. Holds at most one line's first 16 KiB between two chunks, however long the line is.
 */
export class LineSplitter {
  /** Beginning of a line whose LF has not come yet; capped, `#pendingBytes` is its true length. */
  #pending: Buffer = Buffer.alloc(0);
  #pendingBytes = 0;

  /** Lines that `chunk` completes. */
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
      onLine(textOf(bytes, start, end > start && bytes[end - 1] === CR ? end - 1 : end));
      start = end + 1;
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
  }

  /** The last line, when it had no LF; null otherwise. */
  finish(): string | null {
    return this.#pendingBytes === 0 ? null : this.#take(false);
  }

  /** Bytes of the unfinished line so far: what a reader that resumes later has to read again. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  #hold(part: Buffer): void {
    this.#pendingBytes += part.length;
    // Two bytes beyond the cut tell whether a CR is the last one and where a character ends.
    const room = MAX_LINE_BYTES + 2 - this.#pending.length;
    // Copied: the chunk's memory belongs to the reader.
    if (room > 0) this.#pending = Buffer.concat([this.#pending, part.subarray(0, room)]);
  }

  #take(beforeLf: boolean): string {
    let end = this.#pending.length;
    if (beforeLf && this.#pending[end - 1] === CR) end--;
    const text = textOf(this.#pending, 0, end);
    this.#pending = Buffer.alloc(0);
    this.#pendingBytes = 0;
    return text;
  }
}

function textOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString(
    "utf8",
    start,
    end - start > MAX_LINE_BYTES ? characterBoundary(bytes, start + MAX_LINE_BYTES) : end,
  );
}

/** The nearest place at or before `at` where no UTF-8 character is cut in two. */
function characterBoundary(bytes: Buffer, at: number): number {
  for (let back = 0; back <= 3; back++) if ((bytes[at - back]! & 0xc0) !== 0x80) return at - back;
  return at;
}
