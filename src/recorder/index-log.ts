import fs from "node:fs";
import { LineSplitter } from "../model/lines.ts";
import { appendLines, type IndexState, indexStateOf } from "../store/lines.ts";
import type { Store } from "../store/store.ts";

const READ_BYTES = 1 << 20;
/** A transaction holds the write lock, on which other steps wait: this keeps it short (about 50 ms). */
const SLICE_LINES = 10_000;

/**
 * Adds a log's lines to the index from where it stands, in short transactions between which others get their turn.
 * Returns how many lines were added. Throws the system's error when the file cannot be read.
 */
export async function indexLog(
  store: Store,
  target: { runId: string; artifactId: number },
  file: string,
): Promise<number> {
  const before = indexStateOf(store, target.artifactId) ?? { state: "partial", lines: 0, bytes: 0 };
  if (before.state === "complete") return 0;
  const fd = fs.openSync(file, "r");
  try {
    return await indexFrom(store, target, fd, before);
  } finally {
    fs.closeSync(fd);
  }
}

async function indexFrom(
  store: Store,
  target: { runId: string; artifactId: number },
  fd: number,
  before: IndexState,
): Promise<number> {
  const splitter = new LineSplitter();
  const buffer = new Uint8Array(READ_BYTES);
  let { lines, bytes: position } = before;
  let slice: string[] = [];
  const flush = (state: IndexState["state"]) => {
    lines += slice.length;
    appendLines(store, target, slice, { state, lines, bytes: position - splitter.pendingBytes });
    slice = [];
  };
  for (;;) {
    const read = fs.readSync(fd, buffer, 0, READ_BYTES, position);
    if (read === 0) break;
    for (let start = 0; start < read; ) {
      const end = sliceEnd(buffer, start, read);
      position += end - start;
      splitter.push(buffer.subarray(start, end), (text) => slice.push(text));
      start = end;
      if (slice.length > 0) flush("partial");
      await Bun.sleep(0);
    }
  }
  const last = splitter.finish();
  if (last !== null) slice.push(last);
  flush("complete");
  return lines - before.lines;
}

/** Behind the LF of the last line that still belongs to this slice. */
function sliceEnd(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  for (let lines = 0; lines < SLICE_LINES; lines++) {
    const lf = buffer.indexOf(0x0a, at);
    if (lf < 0 || lf >= end) return end;
    at = lf + 1;
  }
  return at;
}
