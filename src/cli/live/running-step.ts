import type { StepProgress } from "../../model/progress.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { plainText } from "../../render/plain-text.ts";

/** Of the last line; more does not fit on any screen. */
const KEPT_BYTES = 1024;

/** What the console knows of a step that runs. Times are monotonic readings. */
export class RunningStep {
  /** When something was last said of its being slow. */
  slowSaid = false;
  /** Of its output or, when that is later, of the last line about its silence. */
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
    // Copied: the chunk's memory belongs to the reader.
    if (chunk.length >= KEPT_BYTES) this.#tail = chunk.slice(-KEPT_BYTES);
    else this.#tail = Uint8Array.from(Buffer.concat([this.#tail, chunk]).subarray(-KEPT_BYTES));
  }

  /** The last line that says something, of what may be a progress bar; "" when there is none. */
  get lastLine(): string {
    const raw = new TextDecoder().decode(this.#tail).replaceAll("\r", "\n").split("\n");
    this.redactor?.tail(raw);
    const lines = plainText(raw.join("\n")).split("\n");
    return lines.findLast((line) => line.trim() !== "")?.trim() ?? "";
  }
}
