import fs from "node:fs";
import { reasonOf, ScenariologError } from "../../errors.ts";
import { type Found, openFound } from "../../files/gate.ts";
import { merged, type TimedPiece } from "../../files/interleave.ts";
import { linesOf, piecesOf } from "../../files/line-chunks.ts";
import { offsetAfterLines } from "../../files/line-offset.ts";
import type { Tape } from "../../files/step-output.ts";
import { lastLinesFrom, lastMatchesFrom } from "../../files/tail.ts";
import type { Stream } from "../../model/ids.ts";
import type { Matcher } from "../../model/line-matcher.ts";
import type { LineRange } from "../../model/line-range.ts";
import { note } from "./console.ts";
import { RecordedOutput } from "./harmless.ts";
import { PROGRAM, type Reader, readerOf } from "./reader.ts";
import { stdoutClosed, writeExact } from "./streams.ts";

export interface LogView {
  readonly streams: readonly Stream[];
  readonly timestamps: boolean;
  /** Only the last so many lines, of those that match. */
  readonly tail?: number;
  /** Only these lines, and of them those that `grep` matches. Of both streams: as they are printed, one after another. */
  readonly lines?: LineRange;
  readonly grep?: Matcher;
  /** Byte for byte, whoever reads it. */
  readonly raw: boolean;
}

const BLOCK_BYTES = 1 << 18;
const LF = 0x0a;

interface OpenStream {
  readonly stream: Stream;
  readonly fd: number;
  readonly from: number;
  readonly sizeBytes: number;
}

/**
 * Prints what a step printed, in blocks, however long the log is: byte for byte into a file or a pipe, without anything
 * that a terminal or a CI system would obey (see reader.ts). Throws FILE if none of the streams can be read; notes go
 * to stderr.
 */
export function printTape(tape: Tape, view: LogView): void {
  const out = new LogOutput(view.raw ? PROGRAM : readerOf(1));
  const opened = openStreams(tape, view);
  const streams = opened.length === 1 ? opened.map((one) => withinLines(one, view)) : opened;
  const [only, ...others] = streams;
  try {
    if (only !== undefined && others.length === 0 && !view.timestamps) printStream(only, view, out);
    else printLines(tape, view, streams, out);
    out.end();
  } finally {
    for (const { fd } of streams) fs.closeSync(fd);
  }
}

/** Those that have something in them; with --tail from where it may be among the last lines. */
function openStreams({ files, step }: Tape, view: LogView): OpenStream[] {
  const problems: string[] = [];
  const streams = view.streams.flatMap((stream): OpenStream[] => {
    const found = files[stream];
    if (found === null)
      problems.push(`nothing is recorded of the ${stream} of step ${step.step_num} ${step.step_name}`);
    else if ("problem" in found) problems.push(`${found.file} ${found.problem}`);
    else if (found.sizeBytes > 0) {
      const fd = openFile(found);
      const { sizeBytes } = found;
      return [{ stream, fd, from: beginningOf(fd, sizeBytes, view), sizeBytes }];
    }
    return [];
  });
  if (problems.length === view.streams.length) {
    throw new ScenariologError("FILE", problems[0]!, { hint: "scenariolog verify says what became of a run's files" });
  }
  for (const problem of problems) note(problem);
  return streams;
}

function beginningOf(fd: number, sizeBytes: number, { tail, grep }: LogView): number {
  if (tail === undefined) return 0;
  return grep ? lastMatchesFrom(fd, sizeBytes, tail, grep) : lastLinesFrom(fd, sizeBytes, tail);
}

function openFile(found: Found): number {
  try {
    return openFound(found);
  } catch (error) {
    throw new ScenariologError("FILE", `${found.file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function withinLines(opened: OpenStream, { lines }: LogView): OpenStream {
  if (lines === undefined) return opened;
  const { fd, sizeBytes } = opened;
  const from = offsetAfterLines(fd, opened.from, sizeBytes, lines.first - 1);
  return { ...opened, from, sizeBytes: offsetAfterLines(fd, from, sizeBytes, lines.last - lines.first + 1) };
}

/** Lines of one stream as they are: as many at a time as a block of the file has. */
function printStream({ fd, from, sizeBytes }: OpenStream, view: LogView, out: LogOutput): void {
  for (const { bytes } of linesOf(fd, from, sizeBytes, view.grep)) {
    out.add(bytes);
    if (stdoutClosed()) return;
  }
}

function printLines(tape: Tape, view: LogView, streams: readonly OpenStream[], out: LogOutput): void {
  // The lines of one stream are within the range already; those of both are counted as they come.
  const range = streams.length > 1 ? view.lines : undefined;
  const grep = range === undefined ? view.grep : undefined;
  const lines = () =>
    merged(
      Object.fromEntries(
        streams.map(({ stream, fd, from, sizeBytes }) => [stream, piecesOf(fd, from, sizeBytes, grep)]),
      ),
      tape.marks,
    );
  let skip = 0;
  if (view.tail !== undefined) {
    for (const { beginsLine } of lines()) if (beginsLine) skip++;
    skip -= view.tail;
  }
  const printer = new LinePrinter(tape, view, out);
  let number = 0;
  let isWanted = true;
  for (const piece of lines()) {
    if (piece.beginsLine) skip--;
    if (skip >= 0) continue;
    if (range !== undefined && piece.beginsLine) {
      if (++number > range.last) break;
      isWanted = number >= range.first && (view.grep?.matches(piece.bytes) ?? true);
    }
    if (!isWanted) continue;
    printer.print(piece);
    if (stdoutClosed()) return;
  }
  if (streams.length > 1) noteOnOrder(tape, printer.unsurePlaces);
  else if (view.timestamps && tape.marks === null && streams.length > 0) note("when it printed what is not known");
}

/** Our stdout, written in blocks; with nothing in it that its reader would obey. */
class LogOutput {
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  readonly #shown: RecordedOutput;
  #bytes = 0;

  constructor(reader: Reader) {
    this.#shown = new RecordedOutput(reader);
  }

  /** Copies: a piece is good until the next one is asked for. */
  add(bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > BLOCK_BYTES) this.#flush();
    if (bytes.length > BLOCK_BYTES) writeExact(this.#shown.push(bytes));
    else {
      this.#block.set(bytes, this.#bytes);
      this.#bytes += bytes.length;
    }
  }

  end(): void {
    this.#flush();
    writeExact(this.#shown.end());
  }

  #flush(): void {
    if (this.#bytes > 0) writeExact(this.#shown.push(this.#block.subarray(0, this.#bytes)));
    this.#bytes = 0;
  }
}

class LinePrinter {
  /** How many times lines followed each other whose order is not known. */
  unsurePlaces = 0;
  #wasUnsure = false;
  #lacksEnd = false;
  readonly #columns: number;

  constructor(
    tape: Tape,
    private readonly view: LogView,
    private readonly out: LogOutput,
  ) {
    this.#columns = offsetText(tape.marks?.marks.at(-1)?.atMs ?? null).length;
  }

  print(piece: TimedPiece): void {
    if (piece.beginsLine) {
      // A stream's last line may have no end; what follows is another line all the same.
      if (this.#lacksEnd) this.#addText("\n");
      if (piece.isUnsure && !this.#wasUnsure) this.unsurePlaces++;
      this.#wasUnsure = piece.isUnsure;
      if (this.view.timestamps) this.#addText(this.#stamp(piece));
    }
    this.out.add(piece.bytes);
    this.#lacksEnd = piece.endsLine && piece.bytes.at(-1) !== LF;
  }

  #addText(text: string): void {
    this.out.add(Buffer.from(text));
  }

  #stamp({ atMs, isUnsure, stream }: TimedPiece): string {
    return `${offsetText(atMs).padStart(this.#columns)}${isUnsure ? "~" : " "}${stream === "stdout" ? "out" : "err"} `;
  }
}

/** `+12.345s`. */
function offsetText(ms: number | null): string {
  return ms === null ? "+?" : `+${(ms / 1000).toFixed(3)}s`;
}

function noteOnOrder({ marks, durationMs }: Tape, places: number): void {
  if (marks === null) {
    const why = durationMs === null ? "the step has no end" : "no marks of these bytes are recorded";
    note(`which line came when is not known (${why}): stdout comes first, then stderr`);
  } else if (places > 0) {
    const times = `${places} ${places === 1 ? "place" : "places"}`;
    note(
      `at ${times} stdout and stderr were written within ${marks.resolutionMs} ms: which line came first is not known`,
    );
  }
}
