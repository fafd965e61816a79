import path from "node:path";
import { reasonOf } from "../errors.ts";
import { yieldToEventLoop } from "../sys/event-loop.ts";
import { freeName } from "../sys/new-file.ts";
import type { LogFile } from "./log/log-file.ts";
import type { DetachedPipe, DirectSource, Platform, Source } from "./platform.ts";

/** More than a pipe holds: we still take the rest of a pipe when we stop reading, but no endless flood. */
const REST_BYTES = 2 << 20;
/** A process that has written this much may write at full speed: its pipe is then read directly, at half the cost of a stream. */
const FLOOD_BYTES = 4 << 20;
const DIRECT_BYTES = 256 << 10;
/** If less than a buffer arrives in this time, the flood is over, and the event loop waits for what follows. */
const FLOOD_MS = 20;
const WAIT_MS = 1;
/** A stream that always has data blocks the event loop, and with it signals and timers: for no longer than this. */
const BUSY_MS = 5;

/** Everything that this process reads from. */
const reading = new Set<Drain>();

/** Reads a source to its end into a log. The child's exit does not end the reading: a pipe keeps what was written before. */
export class Drain {
  readonly done: Promise<void>;
  /** Whether the end was reached: nobody can write any more. */
  ended = false;
  /** Why not all of it was read; undefined if it was. */
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
    /** Our descriptor that receives late output; without one, it goes to a file beside the log. */
    private readonly lateTo?: 1 | 2,
  ) {
    this.#source = source;
    this.#reader = readerOf(source);
    this.done = this.#run();
  }

  /** What it reads from at present. */
  get source(): Source {
    return this.#source;
  }

  /**
   * Stops reading from a pipe that a process still holds, unnoticed by that process if the platform can do that. False if no
   * process holds it: we were only slow to see its end.
   */
  async leave(platform: Platform): Promise<boolean> {
    this.#left = true;
    const pipe = platform.detachPipe(this.source);
    // The stream would take what it has read ahead with it. That arrives now, and after it the end or nothing.
    for (let before = -1; before !== this.#reads; await yieldToEventLoop()) before = this.#reads;
    await this.#reader.cancel().catch(() => {});
    await this.done;
    if (!pipe) return true; // the source stays open: its writers would fail without a reader
    this.source.close?.();
    const buffer = new Uint8Array(65_536);
    let read = 1;
    for (let taken = 0; read > 0 && taken < REST_BYTES; taken += read) {
      read = pipe.read(buffer);
      if (read > 0) this.#keep(buffer.subarray(0, read));
    }
    if (read !== 0) this.#handOver(pipe);
    pipe.close();
    return read !== 0;
  }

  /** Stops reading. Its writers then fail as without a reader, if the platform can do that. */
  refuse(platform: Platform): void {
    platform.detachPipe(this.source)?.close();
    void this.#reader.cancel().catch(() => {});
  }

  #handOver(pipe: DetachedPipe): void {
    const { dir, name, ext } = path.parse(this.log.path);
    try {
      if (this.lateTo !== undefined && pipe.handOver(`/proc/self/fd/${this.lateTo}`)) return;
      pipe.handOver(this.log.keepsLate ? freeName(path.join(dir, `${name}-late${ext}`)) : "/dev/null");
    } catch {
      // There is no log directory: late output is lost.
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

  /** Reads to the end, and returns null, or until it turns out to be a flood: then the pipe, taken from its stream. */
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
      await this.#yieldIfBusy();
    }
  }

  /** What the stream has read ahead arrives at once, and after it the end or nothing. */
  async #endStream(direct: DirectSource): Promise<DirectSource> {
    this.#source = direct;
    for (;;) {
      // The stream may fail to wait for a pipe that it has lost: then it has nothing left either.
      const next = await Promise.race([this.#reader.read().catch(() => null), yieldToEventLoop()]);
      if (!next || next.done) break;
      this.#reads++;
      this.#keep(next.value);
    }
    await this.#reader.cancel().catch(() => {});
    return direct;
  }

  /** True at the end, or if it is to be left; false if the flood is over. */
  async #readDirectly(direct: DirectSource): Promise<boolean> {
    const buffer = new Uint8Array(DIRECT_BYTES);
    for (let sinceMs = nowMs(), bytes = 0; ; ) {
      if (this.#left) return true;
      const read = direct.read(buffer);
      if (read === 0) return true;
      if (read > 0) {
        this.#keep(buffer.subarray(0, read));
        bytes += read;
        await this.#yieldIfBusy();
      } else {
        // A timer would delay the step, whose pipe fills up sooner. The output of others must not wait meanwhile.
        const others = [...reading].filter((drain) => drain !== this).map((drain) => drain.source);
        direct.wait(others, WAIT_MS);
        await this.#yieldIfBusy(others.length > 0);
      }
      if (nowMs() - sinceMs < FLOOD_MS) continue;
      if (bytes < DIRECT_BYTES) return false;
      sinceMs = nowMs();
      bytes = 0;
    }
  }

  async #yieldIfBusy(now = false): Promise<void> {
    if (!now && nowMs() - this.#turnedMs < BUSY_MS) return;
    await yieldToEventLoop();
    this.#turnedMs = nowMs();
  }
}

function readerOf(source: Source): ReadableStreamDefaultReader<Uint8Array> {
  return source.stream.getReader() as ReadableStreamDefaultReader<Uint8Array>;
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
