import fs from "node:fs";
import { LineSplitter } from "../model/lines.ts";
import { appendLines, type IndexState, indexStateOf } from "../store/lines.ts";
import type { Store } from "../store/store.ts";

const READ_BYTES = 1 << 20;
/** A transaction holds the write lock, on which other steps wait: this keeps it short (about 50 ms). */
const SLICE_LINES = 10_000;

/**
 * Adds a log's lines to the index from where it stands, in short transactions between which others get their turn.
 * Stops where another process goes on with the same log. `sizeBytes` is where it ends, when it may have grown since; `stop` is asked between
 * two transactions.
 * Returns how many lines were added. Throws the system's error when the file cannot be read.
 */
export async function indexLog(
  store: Store,
  target: { runId: string; artifactId: number },
  file: string,
  options: { readonly sizeBytes?: number; readonly stop?: () => boolean } = {},
): Promise<number> {
  const before = indexStateOf(store, target.artifactId) ?? { state: "partial", lines: 0, bytes: 0 };
  if (before.state === "complete") return 0;
  const fd = fs.openSync(file, "r");
  try {
    const { sizeBytes = Number.POSITIVE_INFINITY, stop = () => false } = options;
    return await indexFrom(store, target, { fd, sizeBytes, stop }, before);
  } finally {
    fs.closeSync(fd);
  }
}

async function indexFrom(
  store: Store,
  target: { runId: string; artifactId: number },
  log: { fd: number; sizeBytes: number; stop: () => boolean },
  before: IndexState,
): Promise<number> {
  const splitter = new LineSplitter();
  const buffer = new Uint8Array(READ_BYTES);
  let position = before.bytes;
  let at = before;
  let slice: string[] = [];
  const flush = (state: IndexState["state"]): boolean => {
    const to = { state, lines: at.lines + slice.length, bytes: position - splitter.pendingBytes };
    if (!appendLines(store, target, slice, at, to)) return false;
    at = to;
    slice = [];
    return true;
  };
  for (;;) {
    const read = fs.readSync(log.fd, buffer, 0, Math.min(READ_BYTES, log.sizeBytes - position), position);
    if (read === 0) break;
    for (let start = 0; start < read; ) {
      const end = sliceEnd(buffer, start, read);
      position += end - start;
      splitter.push(buffer.subarray(start, end), (text) => slice.push(text));
      start = end;
      if (slice.length > 0 && !flush("partial")) return at.lines - before.lines;
      await Bun.sleep(0);
      if (log.stop()) return at.lines - before.lines;
    }
  }
  const last = splitter.finish();
  if (last !== null) slice.push(last);
  flush("complete");
  return at.lines - before.lines;
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
