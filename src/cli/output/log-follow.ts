import fs from "node:fs";
import { ScenariologError } from "../../errors.ts";
import { openFound } from "../../files/gate.ts";
import { findTape, type Tape, type TapeQuery } from "../../files/step-output.ts";
import type { Stream } from "../../model/ids.ts";
import { statusesOf } from "../../report/statuses.ts";
import { openForReading } from "../../store/open.ts";
import { note } from "./console.ts";
import { RecordedOutput } from "./harmless.ts";
import type { LogView } from "./log-printer.ts";
import { PROGRAM, readerOf } from "./reader.ts";
import { stdoutClosed, writeExact } from "./streams.ts";

/** What comes of both streams within this time is printed stdout first. */
const POLL_MS = 20;
const LOOK_EVERY_MS = 200;
/** A line that stays without its end for so long is a prompt, or a progress bar. */
const QUIET_MS = 300;
const READ_BYTES = 1 << 16;
/** Longer lines are printed in pieces. */
const LONGEST_HELD_BYTES = 1 << 20;
const LF = 0x0a;

/** The step as the database has it now. */
interface Look {
  readonly tape: Tape;
  readonly startedMs: number;
  readonly isRunning: boolean;
  readonly wasInterrupted: boolean;
}

/**
 * Prints what a step prints while it runs, in the order in which it comes, whole lines, and ends with the step; of a step that
 * has ended it prints everything. The order of what was there before is not known: stdout comes first. Throws as `findTape`
 * does, and FILE if neither stream can be read.
 */
export async function followLog(db: string, query: TapeQuery, view: LogView): Promise<void> {
  let look = lookAt(db, query);
  let printer = new LivePrinter(look, view);
  try {
    for (let lookedMs = now(); ; ) {
      const isOver = !look.isRunning;
      printer.print(isOver);
      if (isOver || stdoutClosed()) break;
      await Bun.sleep(POLL_MS);
      if (now() - lookedMs < LOOK_EVERY_MS) continue;
      const next = laterLook(db, query, look);
      lookedMs = now();
      if (next.tape.attempt !== look.tape.attempt) {
        printer.print(true);
        printer.close();
        note(`attempt ${next.tape.attempt} of step ${next.tape.step.step_num} ${next.tape.step.step_name}`);
        printer = new LivePrinter(next, { ...view, tail: undefined });
      }
      look = next;
    }
  } finally {
    printer.close();
  }
  if (look.wasInterrupted) note("the step has no end: its recorder is gone");
}

function lookAt(db: string, query: TapeQuery): Look {
  const store = openForReading(db);
  try {
    const tape = findTape(store, query);
    const { step } = tape;
    const isLast =
      query.attempt === undefined || findTape(store, { ...query, attempt: undefined }).attempt === tape.attempt;
    const status = isLast ? statusesOf(store, step.run_id, [step]).get(step.step_id) : undefined;
    return {
      tape,
      startedMs: Date.parse(step.started_at),
      isRunning: status === "running",
      wasInterrupted: status === "interrupted" && step.completed_at === null,
    };
  } finally {
    store.close();
  }
}

/** A database that is busy for a moment is looked at again later. */
function laterLook(db: string, query: TapeQuery, last: Look): Look {
  try {
    return lookAt(db, query);
  } catch (error) {
    if (error instanceof ScenariologError && error.code === "LOCKED") return last;
    throw error;
  }
}

/** One file that grows: what of it was read, and the line that is not complete yet. */
class GrowingStream {
  #position = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #grewMs = now();

  constructor(
    readonly stream: Stream,
    private readonly fd: number,
  ) {}

  /** Whole lines that have come since; with `all` the rest as well. A long or a waiting line comes in pieces. */
  *read(all: boolean, mayShowParts: boolean): Generator<Buffer> {
    for (;;) {
      const block = Buffer.alloc(READ_BYTES);
      const read = fs.readSync(this.fd, block, 0, READ_BYTES, this.#position);
      if (read === 0) break;
      this.#position += read;
      this.#grewMs = now();
      const bytes = block.subarray(0, read);
      const end = bytes.lastIndexOf(LF) + 1;
      if (end > 0) yield this.#taken(bytes.subarray(0, end));
      this.#hold(bytes.subarray(end));
      if (this.#heldBytes >= LONGEST_HELD_BYTES) yield this.#taken();
    }
    const isQuiet = mayShowParts && now() - this.#grewMs > QUIET_MS;
    if ((all || isQuiet) && this.#heldBytes > 0) yield this.#taken();
  }

  close(): void {
    fs.closeSync(this.fd);
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #taken(bytes?: Buffer): Buffer {
    const whole = Buffer.concat(bytes === undefined ? this.#held : [...this.#held, bytes]);
    this.#held = [];
    this.#heldBytes = 0;
    return whole;
  }
}

class LivePrinter {
  readonly #streams: readonly GrowingStream[];
  readonly #shown: RecordedOutput;
  readonly #startedMs: number;
  /** The stream whose last line has no end on the screen. */
  #open: Stream | null = null;
  #isFirst = true;

  constructor(
    { tape, startedMs }: Look,
    private readonly view: Omit<LogView, "tail"> & { readonly tail?: number | undefined },
  ) {
    this.#streams = openStreams(tape, view.streams);
    this.#shown = new RecordedOutput(view.raw ? PROGRAM : readerOf(1));
    this.#startedMs = startedMs;
  }

  /** What has come since the last time; with `all` a last line without an end as well. */
  print(all: boolean): void {
    const { timestamps, grep, tail } = this.view;
    const mayShowParts = !timestamps && grep === undefined;
    const before: [Stream, Buffer][] = [];
    const atMs = this.#isFirst ? null : Date.now() - this.#startedMs;
    let came = 0;
    for (const growing of this.#streams) {
      let hasCome = false;
      for (const bytes of growing.read(all, mayShowParts)) {
        hasCome = true;
        if (this.#isFirst && tail !== undefined)
          before.push(...linesIn(bytes).map((line): [Stream, Buffer] => [growing.stream, line]));
        else this.#add(growing.stream, bytes, atMs, came > 0);
        if (stdoutClosed()) return;
        if (before.length > 2 * (tail ?? 0) + 1000) before.splice(0, before.length - (tail ?? 0));
      }
      if (hasCome) came++;
    }
    const kept = grep === undefined ? before : before.filter(([, line]) => grep.matches(line));
    for (const [stream, line] of tail === undefined || tail === 0 ? [] : kept.slice(-tail))
      this.#add(stream, line, null, false);
    this.#isFirst = false;
    if (all) writeExact(this.#shown.end());
  }

  close(): void {
    for (const stream of this.#streams) stream.close();
  }

  #add(stream: Stream, bytes: Buffer, atMs: number | null, isUnsure: boolean): void {
    const { timestamps, grep } = this.view;
    if (!timestamps && grep === undefined) {
      this.#write(stream, bytes);
      return;
    }
    for (const line of linesIn(bytes)) {
      if (grep !== undefined && !grep.matches(line)) continue;
      const stamp = timestamps
        ? Buffer.from(`${stampOf(atMs)}${isUnsure ? "~" : " "}${stream === "stdout" ? "out" : "err"} `)
        : null;
      this.#write(stream, stamp === null ? line : Buffer.concat([stamp, line]), stamp !== null);
    }
  }

  /** Ends the other stream's line first. */
  #write(stream: Stream, bytes: Buffer, isNewLine = false): void {
    if (this.#open !== null && (this.#open !== stream || isNewLine)) writeExact(this.#shown.push(Buffer.from("\n")));
    writeExact(this.#shown.push(bytes));
    this.#open = bytes.at(-1) === LF ? null : stream;
  }
}

function openStreams(tape: Tape, wanted: readonly Stream[]): GrowingStream[] {
  const problems: string[] = [];
  const streams = wanted.flatMap((stream) => {
    const found = tape.files[stream];
    if (found !== null && !("problem" in found)) return [new GrowingStream(stream, openFound(found))];
    problems.push(
      found === null
        ? `nothing is recorded of the ${stream} of step ${tape.step.step_num} ${tape.step.step_name}`
        : `${found.file} ${found.problem}`,
    );
    return [];
  });
  if (streams.length === 0) throw new ScenariologError("FILE", problems[0]!);
  for (const problem of problems) note(problem);
  return streams;
}

function linesIn(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start) + 1 || bytes.length;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

/** `+12.345s`, as wide as that of a step of a few hours. */
function stampOf(ms: number | null): string {
  return (ms === null ? "+?" : `+${(Math.max(0, ms) / 1000).toFixed(3)}s`).padStart(11);
}

function now(): number {
  return performance.now();
}
