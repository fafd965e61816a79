import type { FailingPlace } from "../../model/failing-place.ts";
import type { Stream } from "../../model/ids.ts";
import type { StepEnd, StepProgress, SuiteObserver } from "../../model/progress.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { fit } from "../../render/plain-text.ts";
import { elapsedOf, titleOf } from "../../render/step-title.ts";
import { visible } from "../../render/text.ts";
import { Outlet } from "../../sys/outlet.ts";
import { mayColour, mayRedraw, type Terminal, terminalOn } from "../../sys/terminal.ts";
import { harmless, RecordedOutput } from "../output/harmless.ts";
import { readerOf } from "../output/reader.ts";
import { failedPlaceOf } from "./failed-place.ts";
import type { RemainingTime } from "./remaining-time.ts";
import { RunningStep } from "./running-step.ts";
import { leftOutNote, type Show, shows } from "./show.ts";
import { ShownOutput } from "./shown-output.ts";
import { tailDump } from "./tail-dump.ts";
import { againLine, attemptLine, isBad, type Paint, paint, plain, USUAL_COLUMNS, verdictLine } from "./verdict.ts";

const REFRESH_MS = 100;
const SLOW_MS = 60_000;

export interface ConsoleOptions {
  readonly show: Show;
  /** Without a live line: how long a step may be silent before a line says so, and between two such lines. 0 is never. */
  readonly heartbeatMs: number;
  /** After how long a line says that a step is slow; 0 is never. A minute if absent. */
  readonly slowMs?: number;
  /** Takes secrets out of all that is shown of a step's output; absent: nothing is taken out. */
  readonly redactor?: Redactor;
  /** What the live line says about the end of the run; absent: nothing. */
  readonly remaining?: RemainingTime | undefined;
}

export interface SuiteConsole extends SuiteObserver {
  /** Prints a line between the lines about steps. */
  say(line: string): void;
  /** A line for each step that did not pass, in the order in which they ended. */
  readonly failures: readonly string[];
  /** Waits until everything is on the console, or nobody reads it any more. Call it before anything else is printed. */
  close(): Promise<void>;
}

/**
 * What a person sees of a running suite on stderr: a line for each step that has ended, and below them, on a terminal, one
 * about the running steps that is redrawn in place. No step ever waits for it.
 */
export async function createConsole(options: ConsoleOptions): Promise<SuiteConsole> {
  return new LiveConsole(options, await terminalOn(2));
}

class LiveConsole implements SuiteConsole {
  readonly #err = new Outlet(2);
  readonly #out = new Outlet(1);
  readonly #reader = readerOf(2);
  readonly #readers = { stdout: readerOf(1), stderr: this.#reader };
  readonly #recorded = {
    stdout: new RecordedOutput(this.#readers.stdout),
    stderr: new RecordedOutput(this.#readers.stderr),
  };
  readonly #paint: Paint;
  readonly #redraws: boolean;
  readonly #running = new Map<string, RunningStep>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #shown = new Map<string, Record<Stream, ShownOutput>>();
  readonly failures: string[] = [];
  #drawn = false;

  constructor(
    private readonly options: ConsoleOptions,
    private readonly terminal: Terminal | null,
  ) {
    this.#paint = terminal && mayColour() ? paint : plain;
    // A step's own output and a line that is redrawn would tear each other apart.
    this.#redraws =
      terminal !== null && mayRedraw() && !shows(options.show, "stdout") && !shows(options.show, "stderr");
    const soonestMs = Math.min(
      options.heartbeatMs || Number.POSITIVE_INFINITY,
      this.#slowMs || Number.POSITIVE_INFINITY,
    );
    const everyMs = Math.max(REFRESH_MS, Math.min(1000, soonestMs / 4));
    this.#timer = setInterval(() => this.#tick(), this.#redraws ? REFRESH_MS : everyMs);
  }

  stepStarted(step: StepProgress): void {
    // The next refresh draws it: for a step that is over by then its end is enough.
    this.#running.set(keyOf(step), new RunningStep(step, nowMs(), this.options.redactor));
    this.options.remaining?.started(step, nowMs());
  }

  stepOutput(step: StepProgress, stream: Stream, chunk: Uint8Array): void {
    this.#running.get(keyOf(step))?.output(chunk, nowMs());
    if (shows(this.options.show, stream)) this.#shownOf(step)[stream].push(chunk);
  }

  attemptEnded(step: StepProgress, end: StepEnd): void {
    this.#flush(step);
    const place = this.#placeOf(end);
    this.#print(attemptLine(step, end, this.#paint, place, this.#columns), this.#tail(step, end));
  }

  stepEnded(step: StepProgress, end: StepEnd): void {
    this.#running.delete(keyOf(step));
    this.options.remaining?.ended(step);
    this.#flush(step);
    this.#shown.delete(keyOf(step));
    const place = this.#placeOf(end);
    this.#print(verdictLine(step, end, this.#paint, place, this.#columns), this.#tail(step, end));
    if (isBad(end.verdict)) this.failures.push(againLine(step, end, place));
    for (const [stream, outlet] of [["stdout", this.#out] as const, ["stderr", this.#err] as const]) {
      const note = leftOutNote(stream, outlet.takeLeftOut());
      if (note !== "") this.#print(`[scenariolog] note: ${note}`);
    }
  }

  warned(text: string): void {
    this.#print(`[scenariolog] warning: ${visible(text)}`);
  }

  say(line: string): void {
    this.#print(line);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#running.clear();
    if (this.#drawn) this.#err.write("\r\x1b[K");
    this.#drawn = false;
    this.#releaseHeld();
    await this.#out.close();
    await this.#err.close();
  }

  #flush(step: StepProgress): void {
    const shown = this.#shown.get(keyOf(step));
    shown?.stdout.flush();
    shown?.stderr.flush();
  }

  #shownOf(step: StepProgress): Record<Stream, ShownOutput> {
    const outputOf = (stream: Stream) =>
      new ShownOutput(this.options.redactor, this.#readers[stream], (bytes) =>
        this.#outletOf(stream).write(this.#recorded[stream].push(bytes)),
      );
    const shown = this.#shown.get(keyOf(step)) ?? { stdout: outputOf("stdout"), stderr: outputOf("stderr") };
    this.#shown.set(keyOf(step), shown);
    return shown;
  }

  #tail(step: StepProgress, end: StepEnd): string {
    return this.options.show === "failed" && isBad(end.verdict)
      ? tailDump(titleOf(step), end, this.#reader, this.options.redactor)
      : "";
  }

  #placeOf(end: StepEnd): FailingPlace | null {
    return isBad(end.verdict) ? failedPlaceOf(end, this.options.redactor) : null;
  }

  /** In the last column a terminal may already go to the next line. */
  get #columns(): number {
    return this.terminal === null ? USUAL_COLUMNS : this.terminal.columns() - 1;
  }

  /** Prints the held end of the output: no command for a CI can come of it any more. */
  #releaseHeld(): void {
    for (const stream of ["stdout", "stderr"] as const) this.#outletOf(stream).write(this.#recorded[stream].end());
  }

  #outletOf(stream: Stream): Outlet {
    return stream === "stdout" ? this.#out : this.#err;
  }

  /** Prints a line in place of the live line, which comes back below it. */
  #print(line: string, below = ""): void {
    this.#releaseHeld();
    const shown = harmless(line, this.#reader, "styled");
    this.#err.write(`${this.#drawn ? "\r\x1b[K" : ""}${shown}\n${below}${this.#liveText()}`);
  }

  #tick(): void {
    const now = nowMs();
    for (const running of this.#running.values()) {
      const { step, startMs } = running;
      if (!running.slowSaid && this.#slowMs > 0 && now - startMs >= this.#slowMs) {
        running.slowSaid = true;
        this.#print(`${this.#paint("SLOW", "yellow")} >${Math.round(this.#slowMs / 1000)}s ${titleOf(step)}`);
      }
      if (!this.#redraws) this.#beat(running, now);
    }
    this.#draw();
  }

  /** People, and some CI systems, take a job for dead that prints nothing for long. */
  #beat(running: RunningStep, now: number): void {
    const { heartbeatMs } = this.options;
    if (heartbeatMs === 0 || now - running.heardMs < heartbeatMs) return;
    running.heardMs = now;
    const { step, startMs, lastOutputMs } = running;
    const age = lastOutputMs === null ? "no output yet" : `last output ${elapsedOf(now - lastOutputMs)} ago`;
    this.#print(`  ...  ${placeOf(step)}${titleOf(step)} runs for ${elapsedOf(now - startMs)}, ${age}`);
  }

  /** Draws nothing while the console is behind: that would only delay what waits. */
  #draw(): void {
    if (!this.#redraws || this.#err.isBehind || this.#running.size === 0) return;
    const text = this.#liveText();
    this.#err.write(`\r${text}\x1b[K`);
  }

  /** The line names the step that began last, and counts the others; "" if no line is drawn. */
  #liveText(): string {
    const running = [...this.#running.values()].at(-1);
    this.#drawn = this.#redraws && running !== undefined;
    if (!this.#drawn) return "";
    const others = this.#running.size > 1 ? ` (+${this.#running.size - 1})` : "";
    const { step, startMs, lastLine } = running!;
    const leftMs = this.options.remaining?.leftMs(nowMs()) ?? null;
    const left = leftMs === null ? "" : `, about ${roughly(leftMs)} left`;
    const head = `${placeOf(step)}${titleOf(step)}${others} ${elapsedOf(nowMs() - startMs)}${left}`;
    // In the last column a terminal may already go to the next line.
    return fit(lastLine === "" ? head : `${head} | ${lastLine}`, this.terminal!.columns() - 1);
  }

  get #slowMs(): number {
    return this.options.slowMs ?? SLOW_MS;
  }
}

function placeOf({ index, total }: StepProgress): string {
  return total === 0 ? "" : `[${index}/${total}] `;
}

/** `7s`, `2m05s`: tenths would claim too much. */
function roughly(ms: number): string {
  return elapsedOf(1000 * Math.ceil(ms / 1000)).replace(/\.0s$/, "s");
}

/** Steps that run at once differ in one of these. */
function keyOf({ index, num, name }: StepProgress): string {
  return `${index} ${num} ${name}`;
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
