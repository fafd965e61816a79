import fs from "node:fs";
import { ScenariologError } from "../../errors.ts";
import { openPlain } from "../../files/plain-file.ts";
import { KeyState, type Redactor } from "../../model/redact/redactor.ts";
import { appendLines, type IndexState, indexStateOf } from "../../store/lines.ts";
import type { Store } from "../../store/store.ts";
import { fileIdOf } from "../../sys/file-id.ts";
import { splitterFor, toIndexTexts } from "./index-text.ts";

const READ_BYTES = 1 << 20;
/** A transaction holds the write lock, on which other steps wait: this keeps it short (about 25 ms). */
const SLICE_LINES = 5000;
/** The same for long lines, 16 KiB of each of which are kept: in memory too. */
const SLICE_BYTES = 1 << 20;

export interface IndexLogOptions {
  /** Where the log ends, when it may have grown since it was closed. */
  readonly sizeBytes?: number;
  /** Its device and inode, when another file may have its name since. */
  readonly fileId?: string | null;
  /** Asked between two transactions, and while waiting for one. */
  readonly stop?: () => boolean;
  /**
   * What the end of the file, or `sizeBytes`, is: the end of the log; a limit, behind which lines are left out for now;
   * or nothing yet, as the log is still being written and only whole slices are worth a transaction.
   */
  readonly end?: "log" | "limit" | "growing";
  /** The file is a real path that the gate has found. */
  readonly exact?: boolean;
  /** Takes secrets out of the lines; absent: they are indexed as they are. */
  readonly redactor?: Redactor | undefined;
}

export interface Indexed {
  readonly lines: number;
  readonly bytes: number;
}

/** A log of this size is indexed in the transaction that closes its step: in about 2 ms. */
const SMALL_BYTES = 64 << 10;

/**
 * The lines of a small log as they go into the index, made before the transaction that closes its step: others wait for
 * that. Null if the log is not small, or not as it was recorded.
 */
export function linesOfSmallLog(
  { file, fileId, sizeBytes }: { file: string; fileId: string | null; sizeBytes: number },
  redactor?: Redactor,
): string[] | null {
  if (sizeBytes > SMALL_BYTES) return null;
  const bytes = sizeBytes === 0 ? new Uint8Array() : contentOf(file, fileId, sizeBytes);
  if (bytes === null) return null;
  const texts: string[] = [];
  const splitter = splitterFor(redactor);
  splitter.push(bytes, (text) => texts.push(text));
  const last = splitter.finish();
  if (last !== null) texts.push(last);
  toIndexTexts(texts, new KeyState(), redactor);
  return texts;
}

/** Null when the file cannot be read, is another one, or is shorter. */
function contentOf(file: string, fileId: string | null, sizeBytes: number): Uint8Array | null {
  try {
    const fd = fs.openSync(file, "r");
    try {
      const bytes = new Uint8Array(sizeBytes);
      const isWhole = fs.readSync(fd, bytes, 0, sizeBytes, 0) === sizeBytes;
      return isWhole && (fileId === null || fileIdOf(fd) === fileId) ? bytes : null;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return null;
  }
}

/**
 * Adds a log's lines to the index from where it stands, in short transactions between which others get their turn.
 * Stops where another process goes on with the same log. Returns how many lines were added, and where it stands in the
 * file. Throws the system's error when the file cannot be read.
 */
export async function indexLog(
  store: Store,
  target: { runId: string; artifactId: number },
  file: string,
  options: IndexLogOptions = {},
): Promise<Indexed> {
  const before = indexStateOf(store, target.artifactId) ?? { state: "partial", lines: 0, bytes: 0 };
  if (before.state === "complete") return { lines: 0, bytes: before.bytes };
  const fd = openPlain(file, { exact: options.exact === true });
  try {
    const { sizeBytes = Number.POSITIVE_INFINITY, fileId = null, stop = () => false, end = "log", redactor } = options;
    if (fileId !== null && fileIdOf(fd) !== fileId)
      throw new ScenariologError("FILE", `${file} is another file by now`);
    return await indexFrom(store, target, { fd, sizeBytes, stop, end, redactor }, before);
  } finally {
    fs.closeSync(fd);
  }
}

async function indexFrom(
  store: Store,
  target: { runId: string; artifactId: number },
  log: {
    fd: number;
    sizeBytes: number;
    stop: () => boolean;
    end: "log" | "limit" | "growing";
    redactor: Redactor | undefined;
  },
  before: IndexState,
): Promise<Indexed> {
  const splitter = splitterFor(log.redactor);
  const buffer = new Uint8Array(READ_BYTES);
  let position = before.bytes;
  let at = before;
  let slice: string[] = [];
  const keys = new KeyState();
  const reached = () => ({ lines: at.lines - before.lines, bytes: at.bytes });
  const flush = async (state: IndexState["state"]): Promise<boolean> => {
    const to = { state, lines: at.lines + slice.length, bytes: position - splitter.pendingBytes };
    toIndexTexts(slice, keys, log.redactor);
    if (!(await appendLines(store, target, slice, at, to, log.stop))) return false;
    at = to;
    slice = [];
    return true;
  };
  for (;;) {
    const read = fs.readSync(log.fd, buffer, 0, Math.min(READ_BYTES, log.sizeBytes - position), position);
    if (read === 0) break;
    for (let start = 0; start < read; ) {
      // What a whole slice does not fill waits for the next piece of the file, or for its end.
      const end = sliceEnd(buffer, start, read, SLICE_LINES - slice.length);
      position += end - start;
      splitter.push(buffer.subarray(start, end), (text) => slice.push(text));
      start = end;
      const bytes = position - splitter.pendingBytes - at.bytes;
      if (slice.length === 0 || (slice.length < SLICE_LINES && bytes < SLICE_BYTES)) continue;
      if (!(await flush("partial"))) return reached();
      if (log.stop()) return reached();
    }
  }
  if (log.end === "growing") return reached();
  if (log.end === "limit") {
    if (slice.length > 0) await flush("partial");
    return reached();
  }
  const last = splitter.finish();
  if (last !== null) slice.push(last);
  await flush("complete");
  return reached();
}

/** Behind the LF of the last of `lines` lines, or `end` when there are fewer. */
function sliceEnd(buffer: Uint8Array, start: number, end: number, lines: number): number {
  let at = start;
  for (let line = 0; line < lines; line++) {
    const lf = buffer.indexOf(0x0a, at);
    if (lf < 0 || lf >= end) return end;
    at = lf + 1;
  }
  return at;
}
