import fs from "node:fs";

const BLOCK_BYTES = 1 << 20;
const LF = 0x0a;

/** A line of a file, with its LF; a line longer than a megabyte comes in several pieces. */
export interface Piece {
  /** Good until the next one is asked for. */
  readonly bytes: Buffer;
  /** Where in the file it begins. */
  readonly offset: number;
  readonly beginsLine: boolean;
  readonly endsLine: boolean;
}

/** The lines of an open file from `from`, where a line begins, up to `end`. In blocks: never the whole file. */
export function* piecesOf(fd: number, from: number, end: number): Generator<Piece> {
  const block = Buffer.alloc(Math.max(1, Math.min(BLOCK_BYTES, end - from)));
  let held = 0;
  let beginsLine = true;
  for (let position = from; position < end; ) {
    const read = fs.readSync(fd, block, held, Math.min(block.length - held, end - position), position);
    if (read === 0) break;
    const filled = held + read;
    const blockOffset = position - held;
    position += read;
    let start = 0;
    for (;;) {
      const lf = block.subarray(0, filled).indexOf(LF, start);
      if (lf < 0) break;
      yield { bytes: block.subarray(start, lf + 1), offset: blockOffset + start, beginsLine, endsLine: true };
      beginsLine = true;
      start = lf + 1;
    }
    const isFull = start === 0 && filled === block.length;
    if (isFull || position >= end) {
      if (start < filled) {
        yield {
          bytes: block.subarray(start, filled),
          offset: blockOffset + start,
          beginsLine,
          endsLine: position >= end,
        };
      }
      beginsLine = false;
      held = 0;
    } else {
      block.copyWithin(0, start, filled);
      held = filled - start;
    }
  }
}
