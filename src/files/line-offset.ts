import fs from "node:fs";

const BLOCK_BYTES = 1 << 18;
const LF = 0x0a;

/** Where the line begins that comes `lines` lines after `from`, where a line begins; `sizeBytes` if there is none. */
export function offsetAfterLines(fd: number, from: number, sizeBytes: number, lines: number): number {
  if (lines <= 0) return from;
  if (!Number.isFinite(lines)) return sizeBytes;
  const block = Buffer.alloc(BLOCK_BYTES);
  let left = lines;
  for (let position = from; position < sizeBytes; ) {
    const read = fs.readSync(fd, block, 0, Math.min(BLOCK_BYTES, sizeBytes - position), position);
    if (read === 0) break;
    const filled = block.subarray(0, read);
    for (let at = filled.indexOf(LF); at >= 0; at = filled.indexOf(LF, at + 1)) {
      if (--left === 0) return position + at + 1;
    }
    position += read;
  }
  return sizeBytes;
}
