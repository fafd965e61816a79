import type { Platform } from "./child.ts";
import { kill } from "./process-tree.ts";
import { statOf } from "./processes.ts";

/**
 * SIGTSTP and SIGCONT. Ctrl-Z stops the step by itself, being sent to everyone; sent to the recorder alone, they stop
 * the step and wake it. What time passes meanwhile is left out by ActiveTimer.
 */
export class Suspension {
  /** What we stopped ourselves. */
  readonly #stopped = new Set<number>();
  #wakes = 0;

  constructor(private readonly platform: Platform) {}

  /** `toEveryone` is asked after a while, see StepControl; `step` says whether there is one to stop. */
  async suspend(toEveryone: () => Promise<boolean>, step: boolean): Promise<void> {
    const wakes = this.#wakes;
    const everyone = await toEveryone();
    if (this.#wakes !== wakes) return;
    if (step && !everyone) {
      for (const { pid, stopped } of this.platform.descendants()) {
        if (!stopped && kill(pid, "SIGSTOP")) this.#stopped.add(pid);
      }
    }
    // SIGTSTP's own effect would be dropped in a group without a shell to wake it.
    kill(process.pid, "SIGSTOP");
  }

  /** Not for those that run: a trap for SIGCONT would see it twice. Nor for those that somebody else stopped elsewhere. */
  resume(): void {
    this.#wakes++;
    const group = statOf(process.pid)?.pgrp;
    for (const { pid, pgrp, stopped } of this.platform.descendants()) {
      if (stopped && (pgrp === group || this.#stopped.has(pid))) kill(pid, "SIGCONT");
    }
    this.#stopped.clear();
  }
}
