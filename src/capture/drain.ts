import path from "node:path";
import type { Hold, Platform, Source } from "./child.ts";
import { type LogFile, reasonOf } from "./log-file.ts";
import { freeName } from "./new-file.ts";
import { turn } from "./turn.ts";

/** More than a pipe holds: what is left in one when we stop reading is taken along, a flood is not. */
const REST_BYTES = 2 << 20;
/** A step that has written this much is one that writes at full speed, perhaps: a wide pipe lets it run ahead. */
const WIDEN_AT_BYTES = 4 << 20;
/** A stream that always has something keeps the event loop, and with it signals and timers, waiting: not for longer. */
const BUSY_MS = 5;

/** Reads a source to its end into a log. The child's exit does not end it: a pipe keeps what was written before. */
export class Drain {
  readonly done: Promise<void>;
  /** Whether the end was reached: nobody can write any more. */
  ended = false;
  /** Why not all of it was read; undefined when it was. */
  problem: string | undefined;
  #left = false;
  #reads = 0;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(
    readonly source: Source,
    private readonly log: LogFile,
    private readonly tap: (chunk: Uint8Array) => unknown = () => {},
    /** A descriptor of ours that gets what comes late; without one, a file beside the log does. */
    private readonly lateTo?: 1 | 2,
  ) {
    this.#reader = source.stream.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    this.done = this.#run();
  }

  /**
   * Stops reading from a pipe that somebody still holds, without their noticing where the platform can do that. False
   * when nobody does: we were only slow to see its end.
   */
  async leave(platform: Platform): Promise<boolean> {
    this.#left = true;
    const hold = platform.hold(this.source);
    // What the stream has read ahead would be lost with it. It comes now, and then its end, or nothing any more.
    for (let before = -1; before !== this.#reads; await turn()) before = this.#reads;
    await this.#reader.cancel().catch(() => {});
    await this.done;
    if (!hold) return true; // and the source stays open: who writes would find nobody there
    this.source.close?.();
    const buffer = new Uint8Array(65_536);
    let read = 1;
    for (let taken = 0; read > 0 && taken < REST_BYTES; taken += read) {
      read = hold.read(buffer);
      if (read > 0) this.#keep(buffer.subarray(0, read));
    }
    if (read !== 0) this.#handOver(hold);
    hold.close();
    return read !== 0;
  }

  /** Reads no more: who writes finds nobody there any more, where the platform can do that. */
  refuse(platform: Platform): void {
    platform.hold(this.source)?.close();
    void this.#reader.cancel().catch(() => {});
  }

  #handOver(hold: Hold): void {
    const { dir, name, ext } = path.parse(this.log.path);
    try {
      if (this.lateTo !== undefined && hold.handOver(`/proc/self/fd/${this.lateTo}`)) return;
      hold.handOver(this.log.keepsLate ? freeName(path.join(dir, `${name}-late${ext}`)) : "/dev/null");
    } catch {
      // No log dir to be had: what comes late goes nowhere.
    }
  }

  /** The file first. */
  #keep(chunk: Uint8Array): void {
    this.log.write(chunk);
    this.tap(chunk);
  }

  async #run(): Promise<void> {
    try {
      let turnedMs = nowMs();
      let bytes = 0;
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        this.#reads++;
        this.#keep(value);
        if (bytes < WIDEN_AT_BYTES && bytes + value.length >= WIDEN_AT_BYTES) this.source.widen?.();
        bytes += value.length;
        if (this.#left || nowMs() - turnedMs < BUSY_MS) continue;
        await turn();
        turnedMs = nowMs();
      }
    } catch (error) {
      this.problem = `not all output could be read: ${reasonOf(error)}`;
    }
    this.ended = !this.#left;
    if (this.ended) this.source.close?.();
  }
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
