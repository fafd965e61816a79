import { ptr } from "bun:ffi";
import type { Exit } from "../model/exit.ts";
import { libc } from "./libc.ts";
import { signalName } from "./signals.ts";

const WNOHANG = 1;

/**
 * Reaps every child of this process: those waited for, and those that we adopted as their subreaper. Made before the
 * first child, whose end could otherwise come too early to be seen.
 */
export class Reaper {
  readonly #waiting = new Map<number, (exit: Exit) => void>();
  /** Ends of children that nobody has asked for yet. */
  readonly #ended = new Map<number, Exit>();
  readonly #onSignal = () => this.reap();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    process.on("SIGCHLD", this.#onSignal);
  }

  /** Settles with the end of a child of ours; never rejects. */
  wait(pid: number): Promise<Exit> {
    // Holds the event loop open, and finds the end should a signal get lost.
    this.#timer ??= setInterval(this.#onSignal, 1000);
    const exited = new Promise<Exit>((resolve) => {
      this.#waiting.set(pid, resolve);
    });
    this.reap();
    return exited;
  }

  /** Waits, without a turn of the event loop, for a child that is about to end: one that was just killed. */
  waitNow(pid: number): void {
    libc.wait4(pid, null, 0, null);
  }

  reap(): void {
    const status = new Int32Array(1);
    for (;;) {
      const pid = libc.wait4(-1, ptr(status), WNOHANG, null);
      if (pid <= 0) {
        if (pid < 0) this.#settleAll();
        break;
      }
      this.#ended.set(pid, exitOf(status[0]!));
    }
    for (const [pid, exit] of this.#ended) this.#settle(pid, exit);
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #settle(pid: number, exit: Exit): void {
    const resolve = this.#waiting.get(pid);
    if (!resolve) return;
    this.#waiting.delete(pid);
    this.#ended.delete(pid);
    resolve(exit);
  }

  /** ECHILD: no children are left, though some are waited for. SIGCHLD was ignored when they ended. */
  #settleAll(): void {
    for (const pid of this.#waiting.keys()) this.#ended.has(pid) || this.#ended.set(pid, { kind: "code", code: 255 });
  }
}

/** Decodes a wait status: https://man7.org/linux/man-pages/man2/wait.2.html */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  if (signal === 0) return { kind: "code", code: (status >> 8) & 0xff };
  return { kind: "signal", signal, name: signalName(signal) };
}
