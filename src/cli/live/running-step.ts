import type { StepProgress } from "../../model/progress.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { plainText } from "../../render/plain-text.ts";
import { settledLine } from "./redrawn-lines.ts";

/** How much of the output's end is kept: more than fits on any line of a screen. */
const KEPT_BYTES = 1024;

/** What the console knows of a running step. Times are monotonic readings in ms. */
export class RunningStep {
  /** Whether a line has said that it is slow. */
  slowSaid = false;
  /** The time of its last output, or of the last line about its silence if that is later. */
  heardMs: number;
  lastOutputMs: number | null = null;
  #tail: Uint8Array = new Uint8Array();

  constructor(
    readonly step: StepProgress,
    readonly startMs: number,
    private readonly redactor?: Redactor,
  ) {
    this.heardMs = startMs;
  }

  output(chunk: Uint8Array, nowMs: number): void {
    this.heardMs = nowMs;
    this.lastOutputMs = nowMs;
    // A copy, since the chunk's memory belongs to the reader.
    if (chunk.length >= KEPT_BYTES) this.#tail = chunk.slice(-KEPT_BYTES);
    else this.#tail = Uint8Array.from(Buffer.concat([this.#tail, chunk]).subarray(-KEPT_BYTES));
  }

  /** The last line that says something, as it stands on a screen; "" if there is none. */
  get lastLine(): string {
    const lines = new TextDecoder().decode(this.#tail).split("\n").map(settledLine);
    this.redactor?.tail(lines);
    const last = lines.map(plainText).findLast((line) => line.trim() !== "");
    return last?.trim().replaceAll("\t", " ") ?? "";
  }
}
