import { ptr } from "bun:ffi";
import type { Exit } from "../model/exit.ts";
import { libc } from "./libc.ts";
import { signalName } from "./signals.ts";
import { type ResourceUsage, RUSAGE_BYTES, usageOf } from "./usage.ts";

const WNOHANG = 1;

/** How a child ended; `usage` is null where that is not known. */
export interface Reaped {
  readonly exit: Exit;
  readonly usage: ResourceUsage | null;
}

/**
 * Reaps every child of this process: those waited for, and those that we adopted as their subreaper. Made before the
 * first child, whose end could otherwise come too early to be seen.
 */
export class Reaper {
  /** Live children that are no part of a step: helpers of ours, and what our caller had when it became us (`exec`). */
  readonly others = new Set<number>();
  readonly #waiting = new Map<number, { resolve: (reaped: Reaped) => void; floorKilobytes: number }>();
  readonly #rusage = new BigInt64Array(RUSAGE_BYTES / 8);
  readonly #onSignal = () => this.reap();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    process.on("SIGCHLD", this.#onSignal);
  }

  /** To be called in the turn of the event loop in which the child was started. Never rejects. */
  wait(pid: number): Promise<Reaped> {
    // Holds the event loop open, and finds the end should a signal get lost.
    this.#timer ??= setInterval(this.#onSignal, 1000);
    const floorKilobytes = process.resourceUsage().maxRSS;
    return new Promise<Reaped>((resolve) => {
      this.#waiting.set(pid, { resolve, floorKilobytes });
    });
  }

  /** Waits, without a turn of the event loop, for a child that is about to end: one that was just killed. */
  waitNow(pid: number): void {
    libc.wait4(pid, null, 0, null);
    this.others.delete(pid);
  }

  /** Returns whether there are children left, which live. */
  reap(): boolean {
    const status = new Int32Array(1);
    let pid = this.#reapOne(status);
    for (; pid > 0; pid = this.#reapOne(status)) this.#settle(pid, exitOf(status[0]!), true);
    // ECHILD: no children are left, though some are waited for. Somebody else has reaped them.
    if (pid < 0) for (const lost of this.#waiting.keys()) this.#settle(lost, { kind: "code", code: 255 }, false);
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return pid === 0;
  }

  /** Its pid; 0 when none has ended, -1 when there is none. */
  #reapOne(status: Int32Array): number {
    const pid = libc.wait4(-1, ptr(status), WNOHANG, ptr(this.#rusage));
    if (pid > 0) this.others.delete(pid);
    return pid;
  }

  #settle(pid: number, exit: Exit, measured: boolean): void {
    const waiting = this.#waiting.get(pid);
    waiting?.resolve({ exit, usage: measured ? usageOf(this.#rusage, waiting.floorKilobytes) : null });
    this.#waiting.delete(pid);
  }
}

/** Decodes a wait status: https://man7.org/linux/man-pages/man2/wait.2.html */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  if (signal === 0) return { kind: "code", code: (status >> 8) & 0xff };
  return { kind: "signal", signal, name: signalName(signal) };
}
