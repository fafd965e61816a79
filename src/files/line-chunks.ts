import fs from "node:fs";
import type { Matcher } from "../model/line-matcher.ts";

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

/** Whole lines of a file, or a piece of one line that is longer than a megabyte. */
export type Lines = Piece;

/** The lines of an open file from `from`, where a line begins, up to `end`, one by one. */
export function* piecesOf(fd: number, from: number, end: number, matcher?: Matcher): Generator<Piece> {
  for (const lines of linesOf(fd, from, end, matcher)) yield* split(lines);
}

/**
 * The same lines, as many at a time as a block holds; those only that `matcher` finds, of a line longer than a megabyte
 * by its first one. In blocks: never the whole file.
 */
export function linesOf(fd: number, from: number, end: number, matcher?: Matcher): Iterable<Lines> {
  const blocks = blocksOf(fd, from, end);
  return matcher === undefined ? blocks : matching(blocks, matcher);
}

function* blocksOf(fd: number, from: number, end: number): Generator<Lines> {
  const block = Buffer.alloc(Math.max(1, Math.min(BLOCK_BYTES, end - from)));
  let held = 0;
  let beginsLine = true;
  for (let position = from; position < end; ) {
    const read = fs.readSync(fd, block, held, Math.min(block.length - held, end - position), position);
    if (read === 0) break;
    const filled = held + read;
    const offset = position - held;
    position += read;
    const whole = block.subarray(0, filled).lastIndexOf(LF) + 1;
    if (whole > 0) yield { bytes: block.subarray(0, whole), offset, beginsLine, endsLine: true };
    if (whole > 0) beginsLine = true;
    held = filled - whole;
    if (position >= end || held === block.length) {
      if (held > 0) {
        const bytes = block.subarray(whole, filled);
        yield { bytes, offset: offset + whole, beginsLine, endsLine: position >= end };
      }
      beginsLine = false;
      held = 0;
    } else {
      block.copyWithin(0, whole, filled);
    }
  }
}

function* matching(blocks: Iterable<Lines>, matcher: Matcher): Generator<Lines> {
  let isMatch = false;
  for (const block of blocks) {
    const { offset, endsLine } = block;
    let { bytes } = block;
    if (!block.beginsLine || !endsLine) {
      // It begins with a piece of a long line, which counts as its beginning does.
      const length = bytes.indexOf(LF) + 1 || bytes.length;
      const piece = bytes.subarray(0, length);
      if (block.beginsLine) isMatch = matcher.matches(piece);
      if (isMatch) yield { ...block, bytes: piece, endsLine: endsLine || length < bytes.length };
      bytes = bytes.subarray(length);
    }
    const skipped = block.bytes.length - bytes.length;
    for (const [from, to] of matcher.rangesIn(bytes)) {
      yield { bytes: bytes.subarray(from, to), offset: offset + skipped + from, beginsLine: true, endsLine: true };
    }
  }
}

function* split({ bytes, offset, beginsLine, endsLine }: Lines): Generator<Piece> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start) + 1 || bytes.length;
    yield {
      bytes: bytes.subarray(start, end),
      offset: offset + start,
      beginsLine: beginsLine || start > 0,
      endsLine: endsLine || end < bytes.length,
    };
    start = end;
  }
}
