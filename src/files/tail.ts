import fs from "node:fs";
import type { Matcher } from "../model/line-matcher.ts";
import { linesOf } from "./line-chunks.ts";
import { openPlain } from "./plain-file.ts";

const BLOCK_BYTES = 65_536;
const LF = 0x0a;

/**
 * Where the last `lines` lines of an open file begin; the file has `sizeBytes`. A last line without LF counts. Looks at no
 * more than `maxBytes` from the end: what is returned may then lie within a line.
 */
export function lastLinesFrom(fd: number, sizeBytes: number, lines: number, maxBytes = sizeBytes): number {
  if (lines <= 0) return sizeBytes;
  const limit = Math.max(0, sizeBytes - maxBytes);
  const block = Buffer.alloc(BLOCK_BYTES);
  // The LF at the very end belongs to the last line.
  let wanted = lines;
  for (let end = sizeBytes; end > limit; ) {
    const from = Math.max(limit, end - BLOCK_BYTES);
    const read = fs.readSync(fd, block, 0, end - from, from);
    let at = read - 1;
    if (end === sizeBytes && block[at] === LF) at--;
    while (at >= 0) {
      at = block.lastIndexOf(LF, at);
      if (at < 0) break;
      if (--wanted === 0) return from + at + 1;
      at--;
    }
    end = from;
  }
  return limit;
}

/** Where the last `lines` lines that match begin in an open file of `sizeBytes`; at its end if none does. */
export function lastMatchesFrom(fd: number, sizeBytes: number, lines: number, matcher: Matcher): number {
  if (lines <= 0) return sizeBytes;
  /** Of the last so many, round and round. */
  const offsets: number[] = [];
  let count = 0;
  for (const { bytes, offset, beginsLine } of linesOf(fd, 0, sizeBytes, matcher)) {
    for (let at = beginsLine ? 0 : bytes.length; at < bytes.length; at = bytes.indexOf(LF, at) + 1 || bytes.length) {
      offsets[count++ % lines] = offset + at;
    }
  }
  return offsets[count <= lines ? 0 : count % lines] ?? sizeBytes;
}

export interface Tail {
  readonly text: string;
  /** Bytes of the file before it; 0 when it is all there is. */
  readonly before: number;
}

/**
 * The end of a regular file, as text; null when there is none to read, or nothing in it. `exact` is for a real path that
 * the gate has found.
 */
export function tailOf(file: string, lines: number, maxBytes: number, exact = false): Tail | null {
  let fd: number;
  try {
    fd = openPlain(file, { exact });
  } catch {
    return null;
  }
  try {
    const size = fs.fstatSync(fd).size;
    if (size === 0) return null;
    const from = lastLinesFrom(fd, size, lines, maxBytes);
    const bytes = Buffer.alloc(size - from);
    const read = fs.readSync(fd, bytes, 0, bytes.length, from);
    return { text: bytes.toString("utf8", 0, read), before: from };
  } catch {
    return null;
  } finally {
    fs.closeSync(fd);
  }
}
