import fs from "node:fs";
import path from "node:path";
import { fileIdOf } from "../capture/file-id.ts";
import { systemCode } from "../errors.ts";
import type { Redactor } from "../model/redact.ts";
import { parseTime } from "../model/time.ts";
import type { Run } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { type GuardOptions, guard } from "./guard.ts";
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

/** Reads a run's files as far as they may be read: see guard.ts. */
export class Evidence {
  readonly #guarded: GuardOptions;

  constructor(
    store: Store,
    private readonly run: Run,
    private readonly options: {
      readonly allowOutside: boolean;
      readonly logFiles: readonly string[];
      /** Takes secrets out of source files, which it is given as a whole: a key has several lines. */
      readonly redactor?: Redactor;
    },
  ) {
    const databaseId = fileIdOf(path.resolve(store.path));
    this.#guarded = { allowOutside: options.allowOutside, logFiles: new Set(options.logFiles), databaseId };
  }

  /** At most `maxBytes` from the end of a log. Never throws. */
  logEnd(stored: string | null, maxBytes: number): LogEnd {
    if (stored === null) return { path: null, lines: [], whole: true, problem: "was not recorded" };
    const found = this.#look(stored);
    if (typeof found === "string") return { path: stored, lines: [], whole: true, problem: found };
    if (found.sizeBytes === 0) return { path: stored, lines: [], whole: true, problem: null };
    const tail = tailOf(found.file, Number.POSITIVE_INFINITY, maxBytes);
    if (tail === null) return { path: stored, lines: [], whole: true, problem: "cannot be read" };
    const lines = tail.text.split("\n");
    // What comes behind the last LF is a line only when there is something; before the first, it is half of one.
    if (lines.at(-1) === "") lines.pop();
    if (tail.before > 0 && lines.length > 1) lines.shift();
    return { path: stored, lines: lines.map(seenOf), whole: tail.before === 0, problem: null };
  }

  /** The lines of a source file around one of them; null where it cannot or may not be read, or has no such line. */
  source(file: string, line: number, around: number): Source | null {
    const found = this.#look(file);
    if (typeof found === "string" || found.sizeBytes > MOST_SOURCE_BYTES) return null;
    try {
      const text = fs.readFileSync(found.file, "utf8");
      const all = (this.options.redactor?.text(text) ?? text).split("\n");
      if (line < 1 || line > all.length) return null;
      const first = Math.max(1, line - around);
      const lines = all.slice(first - 1, line + around).map((text, i) => ({ num: first + i, text }));
      return { lines, changedMs: fs.statSync(found.file).mtimeMs };
    } catch {
      return null;
    }
  }

  #look(stored: string): { file: string; sizeBytes: number } | string {
    try {
      const found = guard(this.run, stored, this.#guarded);
      return "problem" in found ? found.reason : found;
    } catch (error) {
      return `cannot be read: ${systemCode(error) ?? error}`;
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
