import fs from "node:fs";
import type { Redactor } from "../model/redact/redactor.ts";
import { parseTime } from "../model/time.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { type Allowance, Gate, openFound } from "./gate.ts";
import { tailOf } from "./tail.ts";

/** The end of a log, in lines. */
export interface LogEnd {
  /** As it is stored; null where no log was recorded. */
  readonly path: string | null;
  /** Colours are still in them; of a line that was drawn over (CR), what is seen in the end. */
  readonly lines: readonly string[];
  /** The file has no more than these lines. */
  readonly whole: boolean;
  /** Why it could not be read: the end of a sentence that begins with the path. Null when it could. */
  readonly problem: string | null;
}

/** Reads a run's files as far as they may be read: see gate.ts. */
export class Evidence {
  readonly #gate: Gate;

  constructor(
    store: Store,
    run: Run,
    /** The redactor takes secrets out of source files, which it is given whole: a key has several lines. */
    private readonly options: Allowance & { readonly redactor?: Redactor },
  ) {
    this.#gate = new Gate(store, run, options);
  }

  /** At most `maxBytes` from the end of a log. Never throws. */
  logEnd(stored: string | null, maxBytes: number): LogEnd {
    if (stored === null) return { path: null, lines: [], whole: true, problem: "was not recorded" };
    const found = this.#gate.find(stored);
    if ("problem" in found) return { path: stored, lines: [], whole: true, problem: found.reason };
    if (found.sizeBytes === 0) return { path: stored, lines: [], whole: true, problem: null };
    const tail = tailOf(found.file, Number.POSITIVE_INFINITY, maxBytes, true);
    if (tail === null) return { path: stored, lines: [], whole: true, problem: "cannot be read" };
    const lines = tail.text.split("\n");
    // What comes behind the last LF is a line only when there is something; before the first, it is half of one.
    if (lines.at(-1) === "") lines.pop();
    if (tail.before > 0 && lines.length > 1) lines.shift();
    return { path: stored, lines: lines.map(seenOf), whole: tail.before === 0, problem: null };
  }

  /**
   * The lines of a source file around one of them; null where it cannot be read, or has no such line. Where it may not be
   * read though it is there, the reason: the end of a sentence that begins with the file.
   */
  source(file: string, line: number, around: number): Source | string | null {
    const found = this.#gate.find(file);
    if ("problem" in found) return found.problem === "outside" ? found.reason : null;
    if (found.sizeBytes > MOST_SOURCE_BYTES) return null;
    try {
      const fd = openFound(found);
      try {
        const text = fs.readFileSync(fd, "utf8");
        const all = (this.options.redactor?.text(text) ?? text).split("\n");
        if (line < 1 || line > all.length) return null;
        const first = Math.max(1, line - around);
        const lines = all.slice(first - 1, line + around).map((text, i) => ({ num: first + i, text }));
        return { lines, changedMs: fs.fstatSync(fd).mtimeMs };
      } finally {
        fs.closeSync(fd);
      }
    } catch {
      return null;
    }
  }
}

export interface Source {
  readonly lines: readonly { readonly num: number; readonly text: string }[];
  /** When the file was last written; epoch. */
  readonly changedMs: number;
}

const MOST_SOURCE_BYTES = 4 << 20;

/** Whether a file was written after a step had ended: its lines may not be those that ran. */
export function isNewer(source: Source, completedAt: string | null): boolean {
  const ended = parseTime(completedAt);
  return ended !== null && source.changedMs > Number(ended / 1_000_000n) + 1;
}

/** A progress bar is drawn over and over: the last one is what was seen. */
function seenOf(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf("\r") + 1);
}
