import fs from "node:fs";
import { systemCode } from "../errors.ts";
import { writeAll } from "./descriptors.ts";
import { hasRoom } from "./poll.ts";

const O_CLOEXEC = 0o2000000;
/** What a console may be behind. */
const LIMIT_BYTES = 1 << 20;
/** Between two tries to write to a console that takes nothing. */
const LONGEST_PAUSE_MS = 20;

/**
 * A way to our stdout or stderr that never waits for who reads it. O_NONBLOCK is no way on the descriptor that we got: it
 * is shared with our caller's other commands, which would fail with EAGAIN. So the same pipe or terminal is opened once
 * more, for us alone. A file takes everything; where the second opening is refused (a socket, another user's terminal)
 * poll(2) says when there is room for a little.
 */
export class Outlet {
  #send: ((bytes: Uint8Array) => number) | undefined;
  #own = -1;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = 1;
  #full = false;
  #leftOutBytes = 0;

  constructor(
    private readonly fd: 1 | 2,
    private readonly limitBytes = LIMIT_BYTES,
  ) {}

  /** Whether something still waits to be written. */
  get isBehind(): boolean {
    return this.#queuedBytes > 0;
  }

  /** Takes what it can and copies it; what is too much for a slow console is left out. Never throws, never waits. */
  write(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    this.#drain();
    // Once behind, a whole piece is left out rather than many crumbs.
    if (this.#full && this.isBehind) {
      this.#leftOutBytes += bytes.length;
      return;
    }
    this.#full = false;
    const sent = this.isBehind ? 0 : this.#trySend(bytes);
    const room = this.limitBytes - this.#queuedBytes;
    const kept = bytes.slice(sent, sent + room);
    this.#full = sent + kept.length < bytes.length;
    this.#leftOutBytes += bytes.length - sent - kept.length;
    if (kept.length === 0) return;
    this.#queue.push(kept);
    this.#queuedBytes += kept.length;
    this.#later();
  }

  /** How many bytes were left out since this was last asked. */
  takeLeftOut(): number {
    const bytes = this.#leftOutBytes;
    this.#leftOutBytes = 0;
    return bytes;
  }

  /** Waits until all is written, or its reader is gone. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    for (let pauseMs = 1; this.isBehind; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const before = this.#queuedBytes;
      this.#drain();
      if (this.#queuedBytes < before) pauseMs = 1;
      if (this.isBehind) await Bun.sleep(pauseMs);
    }
    if (this.#own >= 0) fs.closeSync(this.#own);
    this.#own = -1;
    this.#send = undefined;
  }

  #drain(): void {
    while (this.#queue.length > 0) {
      const [first] = this.#queue as [Uint8Array];
      const sent = this.#trySend(first);
      this.#queuedBytes -= sent;
      if (sent < first.length) {
        this.#queue[0] = first.subarray(sent);
        return;
      }
      this.#queue.shift();
    }
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const before = this.#queuedBytes;
      this.#drain();
      this.#pauseMs = this.#queuedBytes < before ? 1 : Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
      if (this.isBehind) this.#later();
    }, this.#pauseMs);
  }

  /** How much of it is done with. */
  #trySend(bytes: Uint8Array): number {
    this.#send ??= this.#open();
    let sent = 0;
    while (sent < bytes.length) {
      try {
        const now = this.#send(sent === 0 ? bytes : bytes.subarray(sent));
        if (now === 0) return sent;
        sent += now;
      } catch (error) {
        const code = systemCode(error);
        if (code === "EAGAIN") return sent;
        if (code === "EINTR") continue;
        // The reader is gone, or the disk full: there is nowhere to say so.
        this.#send = (rest) => rest.length;
        return bytes.length;
      }
    }
    return sent;
  }

  #open(): (bytes: Uint8Array) => number {
    const { fd } = this;
    if (process.platform !== "linux" || isFile(fd)) {
      return (bytes) => {
        const { error } = writeAll(fd, bytes);
        if (error !== undefined) throw error;
        return bytes.length;
      };
    }
    try {
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
      const own = fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
      this.#own = own;
      return (bytes) => fs.writeSync(own, bytes);
    } catch {
      return polled(fd);
    }
  }
}

function isFile(fd: number): boolean {
  try {
    return fs.fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/** Writes a little where poll(2) says that there is room, and returns 0 where there is none. */
function polled(fd: number): (bytes: Uint8Array) => number {
  const A_LITTLE_BYTES = 512;
  return (bytes) => (hasRoom(fd) ? fs.writeSync(fd, bytes.subarray(0, A_LITTLE_BYTES)) : 0);
}
