import { yieldToEventLoop } from "../../sys/event-loop.ts";
import { statOf } from "../../sys/processes.ts";
import type { Platform } from "../platform.ts";
import { kill } from "./process-tree.ts";

const TOGETHER_MS = 20;

/** When this process was last woken. Of steps side by side each has a suspension, and one of them stops us for all. */
let lastWokenMs = Number.NEGATIVE_INFINITY;

/**
 * SIGTSTP and SIGCONT. Ctrl-Z stops the step by itself, being sent to everyone; sent to the recorder alone, they stop
 * the step and wake it. What time passes meanwhile is left out by ActiveTimer.
 */
export class Suspension {
  /** What we stopped ourselves. */
  readonly #stopped = new Set<number>();
  #wakes = 0;
  #wokenMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly platform: Platform,
    /** Does what SIGTSTP does by itself; returns when we are woken. */
    private readonly stopByDefault: () => void,
  ) {}

  /** `toEveryone` is asked after a while, see StepControl; `step` says whether there is one to stop. */
  async suspend(toEveryone: () => Promise<boolean>, step: boolean): Promise<void> {
    // Two signals at once may come to two threads, and change places: better awake than stopped for ever.
    if (nowMs() - this.#wokenMs < TOGETHER_MS) return;
    const wakes = this.#wakes;
    const askedMs = nowMs();
    const everyone = await toEveryone();
    if (this.#wakes !== wakes) return;
    if (step && !everyone) this.#stopAll();
    // A SIGCONT that came meanwhile would be followed by no other.
    await yieldToEventLoop();
    if (this.#wakes !== wakes || lastWokenMs > askedMs) return;
    // To everyone SIGTSTP does nothing in a group without a shell to wake it. Nor would it to us alone.
    if (everyone) this.stopByDefault();
    else kill(process.pid, "SIGSTOP");
    lastWokenMs = nowMs();
  }

  /** Again and again: one may have started another before it stopped. */
  #stopAll(): void {
    for (;;) {
      const running = this.platform.descendants().filter(({ pid, stopped }) => !stopped && !this.#stopped.has(pid));
      if (running.length === 0) return;
      for (const { pid } of running) {
        kill(pid, "SIGSTOP");
        this.#stopped.add(pid);
      }
    }
  }

  /** Not for others that run: a trap for SIGCONT would see it twice. Nor for what somebody else stopped elsewhere. */
  resume(): void {
    this.#wakes++;
    this.#wokenMs = nowMs();
    const group = statOf(process.pid)?.pgrp;
    for (const { pid, pgrp, stopped } of this.platform.descendants()) {
      // What we stopped a moment ago may not have come to it yet.
      if (this.#stopped.has(pid) || (stopped && pgrp === group)) kill(pid, "SIGCONT");
    }
    this.#stopped.clear();
  }
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
