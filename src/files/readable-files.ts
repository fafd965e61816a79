import fs from "node:fs";
import type { Redactor } from "../model/redact/redactor.ts";
import { parseTime } from "../model/time.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { type Allowance, type Found, Gate, openFound } from "./gate.ts";
import { lastLinesFrom } from "./tail.ts";

/** The end of a log, in lines. */
export interface LogEnd {
  /** As it is stored; null if no log was recorded. */
  readonly path: string | null;
  /** As they are in the file, control sequences included, without LF and the CR before it. */
  readonly lines: readonly string[];
  /** The file has no more than these lines. */
  readonly whole: boolean;
  /** Why the log could not be read: the end of a sentence that begins with the path. Null if it could. */
  readonly problem: string | null;
}

/** The beginning and the end of a log; `tail` is empty if `head` holds all of it. */
export interface LogExcerpt {
  readonly head: readonly string[];
  readonly tail: readonly string[];
  readonly leftOutBytes: number;
  readonly sizeBytes: number | null;
  /** See LogEnd. */
  readonly problem: string | null;
}

/** Reads a run's recorded files as far as they may be read: gate.ts decides that. */
export class ReadableFiles {
  readonly #gate: Gate;
  readonly #sources = new Map<string, SourceFile | string | null>();

  constructor(
    store: Store,
    run: Run,
    /** The redactor gets source files whole, because a private key takes several lines. */
    private readonly options: Allowance & { readonly redactor?: Redactor },
  ) {
    this.#gate = new Gate(store, run, options);
  }

  /**
   * At most `maxBytes` from the end of a log, which begin with a whole line unless the last line alone is longer. Of such a
   * line up to LONGEST_LINE_BYTES are read. Never throws.
   */
  logEnd(stored: string | null, maxBytes: number): LogEnd {
    const nothing = { path: stored, lines: [], whole: true };
    if (stored === null) return { ...nothing, problem: "was not recorded" };
    const found = this.#gate.find(stored);
    if ("problem" in found) return { ...nothing, problem: found.reason };
    try {
      let { text, before } = endOf(found, maxBytes);
      if (before > 0 && !text.slice(0, -1).includes("\n")) ({ text, before } = endOf(found, LONGEST_LINE_BYTES));
      const lines = linesIn(text);
      if (before > 0 && lines.length > 1) lines.shift();
      return { path: stored, lines, whole: before === 0, problem: null };
    } catch {
      return { ...nothing, problem: "cannot be read" };
    }
  }

  /** At most so many bytes from both ends of a log, in whole lines if it has such. Never throws. */
  logExcerpt(stored: string, headBytes: number, tailBytes: number): LogExcerpt {
    const found = this.#gate.find(stored);
    if ("problem" in found) return { ...NO_EXCERPT, problem: found.reason };
    try {
      return excerptOf(found, headBytes, tailBytes);
    } catch {
      return { ...NO_EXCERPT, sizeBytes: found.sizeBytes, problem: "cannot be read" };
    }
  }

  /**
   * A source file; null if it is not there, cannot be read, or is too large to be one. A file that is there and may not be
   * read is the reason: the end of a sentence that begins with the file.
   */
  source(file: string): SourceFile | string | null {
    const known = this.#sources.get(file);
    if (known !== undefined) return known;
    const source = this.#read(file);
    this.#sources.set(file, source);
    return source;
  }

  #read(file: string): SourceFile | string | null {
    const found = this.#gate.find(file);
    if ("problem" in found) return found.problem === "outside" ? found.reason : null;
    if (found.sizeBytes > MOST_SOURCE_BYTES) return null;
    try {
      const fd = openFound(found);
      try {
        const text = fs.readFileSync(fd, "utf8");
        const lines = (this.options.redactor?.text(text) ?? text).split("\n");
        if (lines.at(-1) === "") lines.pop();
        return { lines, changedMs: fs.fstatSync(fd).mtimeMs };
      } finally {
        fs.closeSync(fd);
      }
    } catch {
      return null;
    }
  }
}

export interface SourceFile {
  /** The first one is line 1. */
  readonly lines: readonly string[];
  /** When the file was last written; epoch. */
  readonly changedMs: number;
}

const MOST_SOURCE_BYTES = 4 << 20;
const LONGEST_LINE_BYTES = 4 << 20;
const NO_EXCERPT = { head: [], tail: [], leftOutBytes: 0, sizeBytes: null };

/** Whether a file was written after a step had ended: its lines may not be those that ran. */
export function isNewer(source: SourceFile, completedAt: string | null): boolean {
  const ended = parseTime(completedAt);
  return ended !== null && source.changedMs > Number(ended / 1_000_000n) + 1;
}

function endOf(found: Found, maxBytes: number): { text: string; before: number } {
  const fd = openFound(found);
  try {
    const { size } = fs.fstatSync(fd);
    const before = size === 0 ? 0 : lastLinesFrom(fd, size, Number.POSITIVE_INFINITY, maxBytes);
    return { text: textAt(fd, before, size - before), before };
  } finally {
    fs.closeSync(fd);
  }
}

function excerptOf(found: Found, headBytes: number, tailBytes: number): LogExcerpt {
  const fd = openFound(found);
  try {
    const { size } = fs.fstatSync(fd);
    const whole = { tail: [], leftOutBytes: 0, sizeBytes: size, problem: null };
    if (size <= headBytes + tailBytes) return { ...whole, head: linesIn(textAt(fd, 0, size)) };
    const first = bytesAt(fd, 0, headBytes);
    const last = bytesAt(fd, size - tailBytes, tailBytes);
    // Half a line at the cut is left out, unless there is no other.
    const headEnd = first.lastIndexOf(LF) + 1 || first.length;
    const tailStart = last.subarray(0, -1).indexOf(LF) + 1;
    return {
      ...whole,
      head: linesIn(first.toString("utf8", 0, headEnd)),
      tail: linesIn(last.toString("utf8", tailStart)),
      leftOutBytes: size - headEnd - (last.length - tailStart),
    };
  } finally {
    fs.closeSync(fd);
  }
}

const LF = 0x0a;

function textAt(fd: number, from: number, length: number): string {
  return bytesAt(fd, from, length).toString("utf8");
}

function bytesAt(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  for (let read = -1; filled < length && read !== 0; filled += read) {
    read = fs.readSync(fd, bytes, filled, length - filled, from + filled);
  }
  return bytes.subarray(0, filled);
}

/** What follows the last LF is a line only if there is something. */
function linesIn(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}
