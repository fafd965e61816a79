import path from "node:path";
import { reasonOf } from "../errors.ts";
import { turn } from "../sys/event-loop.ts";
import { freeName } from "../sys/new-file.ts";
import type { LogFile } from "./log/log-file.ts";
import type { DirectSource, Hold, Platform, Source } from "./platform.ts";

/** More than a pipe holds: what is left in one when we stop reading is taken along, a flood is not. */
const REST_BYTES = 2 << 20;
/** Who has written this much writes at full speed, perhaps: the pipe is read directly then, for half of a stream's price. */
const FLOOD_BYTES = 4 << 20;
const DIRECT_BYTES = 256 << 10;
/** With less than a buffer full in so long it is no flood any more, and the event loop waits for what comes. */
const FLOOD_MS = 20;
const WAIT_MS = 1;
/** A stream that always has something keeps the event loop, and with it signals and timers, waiting: not for longer. */
const BUSY_MS = 5;

/** All that this process reads from. */
const reading = new Set<Drain>();

/** Reads a source to its end into a log. The child's exit does not end it: a pipe keeps what was written before. */
export class Drain {
  readonly done: Promise<void>;
  /** Whether the end was reached: nobody can write any more. */
  ended = false;
  /** Why not all of it was read; undefined when it was. */
  problem: string | undefined;
  #left = false;
  #reads = 0;
  #turnedMs = nowMs();
  #source: Source;
  #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(
    source: Source,
    private readonly log: LogFile,
    private readonly tap: (chunk: Uint8Array) => unknown = () => {},
    /** A descriptor of ours that gets what comes late; without one, a file beside the log does. */
    private readonly lateTo?: 1 | 2,
  ) {
    this.#source = source;
    this.#reader = readerOf(source);
    this.done = this.#run();
  }

  /** Where it reads from now. */
  get source(): Source {
    return this.#source;
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
    reading.add(this);
    try {
      for (let direct = await this.#readStream(); direct !== null; direct = await this.#readStream()) {
        if (await this.#readDirectly(direct)) break;
        this.#reader = readerOf(direct);
      }
    } catch (error) {
      this.problem = `not all output could be read: ${reasonOf(error)}`;
    }
    reading.delete(this);
    this.ended = !this.#left;
    if (this.ended) this.#source.close?.();
  }

  /** To its end, which is null, or until it has turned out to be a flood, and has been taken from its stream. */
  async #readStream(): Promise<DirectSource | null> {
    for (let bytes = 0; ; ) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#reads++;
      this.#keep(value);
      if (this.#left) continue;
      if (bytes < FLOOD_BYTES && bytes + value.length >= FLOOD_BYTES) {
        this.#source.widen?.();
        const direct = this.#source.detach?.();
        if (direct) return this.#endStream(direct);
      }
      bytes += value.length;
      await this.#breathe();
    }
  }

  /** What the stream has read ahead comes at once, and then its end, or nothing any more. */
  async #endStream(direct: DirectSource): Promise<DirectSource> {
    this.#source = direct;
    for (;;) {
      // It may fail to wait for a pipe that it has lost: then, too, it has nothing any more.
      const next = await Promise.race([this.#reader.read().catch(() => null), turn()]);
      if (!next || next.done) break;
      this.#reads++;
      this.#keep(next.value);
    }
    await this.#reader.cancel().catch(() => {});
    return direct;
  }

  /** True at the end, or when it is to be left; false when the flood is over. */
  async #readDirectly(direct: DirectSource): Promise<boolean> {
    const buffer = new Uint8Array(DIRECT_BYTES);
    for (let sinceMs = nowMs(), bytes = 0; ; ) {
      if (this.#left) return true;
      const read = direct.read(buffer);
      if (read === 0) return true;
      if (read > 0) {
        this.#keep(buffer.subarray(0, read));
        bytes += read;
        await this.#breathe();
      } else {
        // A timer would hold the step up, whose pipe is full sooner. Nobody else's output is to wait meanwhile.
        const others = [...reading].filter((drain) => drain !== this).map((drain) => drain.source);
        direct.wait(others, WAIT_MS);
        await this.#breathe(others.length > 0);
      }
      if (nowMs() - sinceMs < FLOOD_MS) continue;
      if (bytes < DIRECT_BYTES) return false;
      sinceMs = nowMs();
      bytes = 0;
    }
  }

  async #breathe(now = false): Promise<void> {
    if (!now && nowMs() - this.#turnedMs < BUSY_MS) return;
    await turn();
    this.#turnedMs = nowMs();
  }
}

function readerOf(source: Source): ReadableStreamDefaultReader<Uint8Array> {
  return source.stream.getReader() as ReadableStreamDefaultReader<Uint8Array>;
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
