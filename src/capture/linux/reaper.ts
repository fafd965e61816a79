import type { Exit } from "../../model/exit.ts";
import { signalName } from "../../sys/signals.ts";
import { reapOne, type Waited, waitFor } from "../../sys/wait.ts";
import type { ResourceUsage } from "../platform.ts";
import { usageOf } from "./usage.ts";

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
    waitFor(pid);
    this.others.delete(pid);
  }

  /** Returns whether there are children left, which live. */
  reap(): boolean {
    let waited = this.#reapOne();
    for (; waited.pid > 0; waited = this.#reapOne()) this.#settle(waited.pid, exitOf(waited.status), waited.rusage);
    // ECHILD: no children are left, though some are waited for. Somebody else has reaped them.
    if (waited.pid < 0) for (const lost of this.#waiting.keys()) this.#settle(lost, { kind: "code", code: 255 }, null);
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return waited.pid === 0;
  }

  #reapOne(): Waited {
    const waited = reapOne(-1);
    if (waited.pid > 0) this.others.delete(waited.pid);
    return waited;
  }

  /** `rusage` is null where it is not known. */
  #settle(pid: number, exit: Exit, rusage: BigInt64Array | null): void {
    const waiting = this.#waiting.get(pid);
    waiting?.resolve({ exit, usage: rusage && usageOf(rusage, waiting.floorKilobytes) });
    this.#waiting.delete(pid);
  }
}

/** Decodes a wait status: https://man7.org/linux/man-pages/man2/wait.2.html */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  if (signal === 0) return { kind: "code", code: (status >> 8) & 0xff };
  return { kind: "signal", signal, name: signalName(signal) };
}
