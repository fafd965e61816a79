import fs from "node:fs";
import path from "node:path";
import { reasonOf } from "../../errors.ts";
import type { StepSpec } from "../../model/step.ts";
import { os } from "../../sys/node-os.ts";
import { parseTrace, type TraceEntry } from "./entries.ts";
import { type FailingCommand, failingCommand } from "./failing-command.ts";
import { tracePlanOf } from "./plan.ts";
import { preludeOf } from "./prelude.ts";

/** Of a longer trace the beginning, where a script sets itself up, and the end are looked at. */
const HEAD_BYTES = 256 << 10;
const TAIL_BYTES = 8 << 20;
/** A trace that grows larger while its step runs is cut back to that. */
const MOST_BYTES = 64 << 20;
const WATCH_MS = 250;
const STDERR_TAIL_BYTES = 16 << 10;

/** What a step's trace has shown. */
export interface FinishedTrace {
  /** In order, redacted by nobody yet. */
  readonly entries: readonly TraceEntry[];
  readonly failing: FailingCommand | null;
  /** Of the middle that is not there. */
  readonly leftOutBytes: number;
  /** Why there is no trace; null when there is one. */
  readonly off: string | null;
}

/** A source of a step's commands: bash itself, asked through BASH_ENV. */
export interface StepTrace {
  /** To be added to the step's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** To be called once, when the step has ended. `stderrFile` is null where there is none. Never throws. */
  finish(end: { readonly code: number; readonly stderrFile: string | null }): FinishedTrace;
  /** Instead of `finish`, for a trace that nobody wants: it is not read. Never throws. */
  discard(): void;
}

/**
 * Sets up the trace of a step that is bash's and would not notice it; else what it returns does nothing and says why. The
 * trace and what bash reads for it are files without a name, open in this process only: whatever ends it, nothing is left
 * that nobody has redacted. Never throws.
 */
export function startTrace(spec: Pick<StepSpec, "argv" | "workDir">): StepTrace {
  const workDir = path.resolve(spec.workDir || ".");
  let fds: readonly number[] = [];
  try {
    const plan = tracePlanOf(spec.argv, workDir);
    if ("off" in plan) return noTrace(plan.off);
    const trace = openNameless();
    fds = [trace];
    const prelude = openNameless();
    fds = [trace, prelude];
    const pathOf = (fd: number) => `/proc/${process.pid}/fd/${fd}`;
    const bashEnv = process.env.BASH_ENV;
    const { descriptors, pipefail } = plan;
    fs.writeSync(prelude, preludeOf({ traceFile: pathOf(trace), bashEnv, descriptors }));
    return new BashTrace(trace, prelude, pathOf(prelude), workDir, pipefail);
  } catch (error) {
    for (const fd of fds) fs.closeSync(fd);
    return noTrace(`it could not be set up: ${reasonOf(error)}`);
  }
}

function noTrace(off: string): StepTrace {
  return { env: {}, finish: () => ({ entries: [], failing: null, leftOutBytes: 0, off }), discard: () => {} };
}

class BashTrace implements StepTrace {
  readonly env: Readonly<Record<string, string>>;
  readonly #timer: ReturnType<typeof setInterval>;
  #head: string | null = null;
  #tail = "";
  #cutBytes = 0;

  constructor(
    private readonly trace: number,
    private readonly prelude: number,
    private readonly preludeFile: string,
    private readonly workDir: string,
    private readonly pipefail: boolean,
  ) {
    this.env = { BASH_ENV: preludeFile };
    this.#timer = setInterval(() => this.#cutBack(), WATCH_MS);
    this.#timer.unref();
  }

  finish({ code, stderrFile }: { readonly code: number; readonly stderrFile: string | null }): FinishedTrace {
    try {
      const { text, leftOutBytes } = this.#content();
      const all = parseTrace(text);
      const first = all.find(({ file }) => file === this.preludeFile);
      if (!first) return { entries: [], failing: null, leftOutBytes, off: "bash did not write one" };
      const entries = all.filter(({ file }) => file !== this.preludeFile);
      const failing = failingCommand({
        entries,
        mainPid: first.pid,
        code,
        pipefail: this.pipefail,
        stderrTail: stderrFile === null ? "" : tailOf(stderrFile, STDERR_TAIL_BYTES),
        sourceLine: sourceLines((file) => resolveSource(entries, file, this.workDir)),
      });
      return { entries, failing, leftOutBytes, off: null };
    } catch (error) {
      return { entries: [], failing: null, leftOutBytes: 0, off: `it could not be read: ${reasonOf(error)}` };
    } finally {
      this.discard();
    }
  }

  discard(): void {
    clearInterval(this.#timer);
    // Where processes are started with the environment of this one, it was put there.
    if (process.env.BASH_ENV === this.preludeFile) delete process.env.BASH_ENV;
    fs.closeSync(this.trace);
    fs.closeSync(this.prelude);
  }

  /** What bash appends next comes to the beginning of the emptied file. */
  #cutBack(): void {
    const { size } = fs.fstatSync(this.trace);
    if (size < MOST_BYTES) return;
    this.#head ??= readAt(this.trace, 0, HEAD_BYTES);
    this.#tail = readAt(this.trace, size - TAIL_BYTES, TAIL_BYTES);
    fs.ftruncateSync(this.trace, 0);
    this.#cutBytes += size;
  }

  #content(): { text: string; leftOutBytes: number } {
    const { size } = fs.fstatSync(this.trace);
    if (this.#head === null && size <= HEAD_BYTES + TAIL_BYTES)
      return { text: readAt(this.trace, 0, size), leftOutBytes: 0 };
    const head = this.#head ?? readAt(this.trace, 0, HEAD_BYTES);
    const rest = readAt(this.trace, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
    const tail = size < TAIL_BYTES ? this.#tail + rest : rest;
    return { text: `${head}\n${tail}`, leftOutBytes: this.#cutBytes + size - head.length - tail.length };
  }
}

function openNameless(): number {
  const file = path.join(os().tmpdir(), `scenariolog-${process.pid}-${crypto.randomUUID()}`);
  const fd = fs.openSync(file, "wx+", 0o600);
  fs.unlinkSync(file);
  return fd;
}

function readAt(fd: number, from: number, bytes: number): string {
  const buffer = Buffer.alloc(bytes);
  return buffer.toString("utf8", 0, fs.readSync(fd, buffer, 0, bytes, from));
}

function tailOf(file: string, bytes: number): string {
  try {
    const fd = fs.openSync(file, "r");
    try {
      const { size } = fs.fstatSync(fd);
      return readAt(fd, Math.max(0, size - bytes), Math.min(size, bytes));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return "";
  }
}

/**
 * The file that bash means by a name, absolute: a relative one begins where the shell was when it first ran a command of it.
 * "" stays: the words of `bash -c`.
 */
export function resolveSource(entries: readonly TraceEntry[], name: string, workDir: string): string {
  if (name === "" || path.isAbsolute(name)) return name;
  const first = entries.find(({ file }) => file === name);
  const isMain = first === undefined || first.file === entries[0]?.file;
  return path.resolve(isMain ? workDir : first.cwd || workDir, name);
}

function sourceLines(fileOf: (name: string) => string): (name: string, line: number) => string | null {
  const texts = new Map<string, readonly string[]>();
  return (name, line) => {
    let lines = texts.get(name);
    if (!lines) {
      try {
        const file = fileOf(name);
        lines = file !== "" && fs.statSync(file).isFile() ? fs.readFileSync(file, "utf8").split("\n") : [];
      } catch {
        lines = [];
      }
      texts.set(name, lines);
    }
    return lines[line - 1] ?? null;
  };
}
