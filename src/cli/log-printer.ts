import fs from "node:fs";
import { ScenariologError } from "../errors.ts";
import { type Found, openFound } from "../files/gate.ts";
import { lastLinesFrom } from "../files/tail.ts";
import type { Stream } from "../model/ids.ts";
import { merged, type TimedPiece } from "../recorder/merge.ts";
import { piecesOf } from "../recorder/pieces.ts";
import type { Tape } from "../recorder/tape.ts";
import { plainText } from "../render/plain-text.ts";
import { note } from "./console.ts";
import { terminalOn } from "./live/terminal.ts";
import { stdoutClosed, writeOut } from "./streams.ts";

export interface LogView {
  readonly streams: readonly Stream[];
  readonly timestamps: boolean;
  /** Only the last so many lines, of those that match. */
  readonly tail?: number;
  readonly grep?: RegExp;
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
 * Prints what a step printed: byte for byte, but for a terminal, which gets nothing that it would obey. In blocks,
 * however long the log is. Throws FILE when none of the streams can be read; notes go to stderr.
 */
export async function printTape(tape: Tape, view: LogView): Promise<void> {
  const forTerminal = (await terminalOn(1)) !== null;
  const streams = openStreams(tape, view);
  try {
    if (streams.length === 1 && !forTerminal && !view.timestamps && !view.grep) copy(streams[0]!);
    else printLines(tape, view, streams, forTerminal);
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
      const from = view.tail === undefined || view.grep ? 0 : lastLinesFrom(fd, sizeBytes, view.tail);
      return [{ stream, fd, from, sizeBytes }];
    }
    return [];
  });
  if (problems.length === view.streams.length) {
    throw new ScenariologError("FILE", problems[0]!, { hint: "scenariolog verify says what became of a run's files" });
  }
  for (const problem of problems) note(problem);
  return streams;
}

function openFile(found: Found): number {
  try {
    return openFound(found);
  } catch (error) {
    throw new ScenariologError("FILE", `${found.file} cannot be read`, { cause: error });
  }
}

function copy({ fd, from, sizeBytes }: OpenStream): void {
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let at = from; at < sizeBytes && !stdoutClosed(); ) {
    const read = fs.readSync(fd, block, 0, Math.min(block.length, sizeBytes - at), at);
    if (read === 0) return;
    writeOut(block.subarray(0, read));
    at += read;
  }
}

function printLines(tape: Tape, view: LogView, streams: readonly OpenStream[], forTerminal: boolean): void {
  const lines = () =>
    matching(
      merged(
        Object.fromEntries(streams.map(({ stream, fd, from, sizeBytes }) => [stream, piecesOf(fd, from, sizeBytes)])),
        tape.marks,
      ),
      view.grep,
    );
  let skip = 0;
  if (view.tail !== undefined) {
    for (const { beginsLine } of lines()) if (beginsLine) skip++;
    skip -= view.tail;
  }
  const printer = new LinePrinter(tape, view, forTerminal);
  for (const piece of lines()) {
    if (piece.beginsLine) skip--;
    if (skip >= 0) continue;
    printer.print(piece);
    if (stdoutClosed()) return;
  }
  printer.flush();
  if (streams.length > 1) noteOnOrder(tape, printer.unsurePlaces);
  else if (view.timestamps && tape.marks === null && streams.length > 0) note("when it printed what is not known");
}

/** Of a line longer than a megabyte the first one counts. */
function* matching(pieces: Iterable<TimedPiece>, grep: RegExp | undefined): Generator<TimedPiece> {
  let matches = true;
  for (const piece of pieces) {
    if (grep && piece.beginsLine) matches = grep.test(piece.bytes.toString("utf8").replace(/\r?\n$/, ""));
    if (matches) yield piece;
  }
}

class LinePrinter {
  /** How many times lines followed each other whose order is not known. */
  unsurePlaces = 0;
  readonly #block = Buffer.alloc(BLOCK_BYTES);
  #bytes = 0;
  #wasUnsure = false;
  #lacksEnd = false;
  readonly #columns: number;

  constructor(
    tape: Tape,
    private readonly view: LogView,
    private readonly forTerminal: boolean,
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
    if (this.forTerminal) this.#addText(plainText(piece.bytes.toString("utf8")));
    else this.#add(piece.bytes);
    this.#lacksEnd = piece.endsLine && piece.bytes.at(-1) !== LF;
  }

  flush(): void {
    if (this.#bytes > 0) writeOut(this.#block.subarray(0, this.#bytes));
    this.#bytes = 0;
  }

  #addText(text: string): void {
    this.#add(Buffer.from(text));
  }

  /** Copies: a piece is good until the next one is asked for. */
  #add(bytes: Buffer): void {
    if (this.#bytes + bytes.length > BLOCK_BYTES) this.flush();
    if (bytes.length > BLOCK_BYTES) writeOut(bytes);
    else this.#bytes += bytes.copy(this.#block, this.#bytes);
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
