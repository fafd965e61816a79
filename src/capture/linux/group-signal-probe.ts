import { closeDescriptor } from "../../sys/pipes.ts";
import { hasSignal, signalBit, signalSet } from "../../sys/processes.ts";
import { kill } from "../control/process-tree.ts";
import { locate } from "../locate.ts";
import type { GroupSignalProbe } from "../platform.ts";
import type { Reaper } from "./reaper.ts";
import { spawnHelper } from "./spawn-helper.ts";

/**
 * A process of our group that blocks every signal: one that was sent to the whole group stays pending there, one that
 * was sent to us alone does not. The kernel would tell by a signal's siginfo, but Bun does not hand it out. Null where it
 * cannot be started.
 */
export function startGroupSignalProbe(reaper: Reaper): GroupSignalProbe | null {
  const first = Watcher.start(reaper);
  return first && new GroupWitness(first, reaper);
}

/**
 * A signal is pending once, however often it came. So whenever somebody asks, a fresh process takes the watch, and what
 * the last one got is kept here.
 */
class GroupWitness implements GroupSignalProbe {
  #watcher: Watcher;
  /** What the group got, and nobody has been told yet. */
  #got = 0n;
  /** What is pending with the present watcher, and has been taken into #got already. */
  #known = 0n;

  constructor(
    first: Watcher,
    private readonly reaper: Reaper,
  ) {
    this.#watcher = first;
  }

  saw(signal: NodeJS.Signals): boolean {
    this.#changeWatch();
    const saw = hasSignal(this.#got, signal);
    this.#got &= ~signalBit(signal);
    return saw;
  }

  wake(): void {
    // Its arrival takes a pending SIGTSTP away, though it is blocked itself.
    this.#watcher.wake();
    this.#got &= ~signalBit("SIGTSTP");
  }

  stop(): void {
    this.#watcher.stop();
  }

  /**
   * Starting a process takes the lock under which the kernel signals a group: one member of it has got no signal by then
   * that another has not. A signal that comes between the start of the next watcher and the look at the last one is
   * pending with both, so the next one is not used then: it would be told twice.
   */
  #changeWatch(): void {
    do {
      const next = Watcher.start(this.reaper);
      const { pending } = this.#watcher;
      this.#got |= pending & ~this.#known;
      this.#known = pending;
      // Too many processes: a second one of what is pending here goes unseen.
      if (next === null) return;
      this.#watcher.stop();
      this.#watcher = next;
      this.#known = next.pending;
      this.#got |= this.#known;
    } while (this.#known !== 0n);
  }
}

/** A `cat` on a pipe of ours, so that it ends with us, however we end. */
class Watcher {
  private constructor(
    private readonly pid: number,
    private readonly stdin: number,
    private readonly reaper: Reaper,
  ) {
    reaper.others.add(pid);
  }

  /** Null where there is no `cat`, or no process to be had. */
  static start(reaper: Reaper): Watcher | null {
    const cat = locate("cat", "/", process.env.PATH);
    const helper = typeof cat === "string" ? spawnHelper(cat, ["cat"], { blockSignals: true }) : null;
    return helper && new Watcher(helper.pid, helper.stdin, reaper);
  }

  get pending(): bigint {
    return signalSet(this.pid, "ShdPnd");
  }

  wake(): void {
    if (this.reaper.others.has(this.pid)) kill(this.pid, "SIGCONT");
  }

  stop(): void {
    closeDescriptor(this.stdin);
    if (!this.reaper.others.has(this.pid)) return; // somebody killed it, and its pid may be another's
    // It may be stopped, and then does not see the end of its input.
    kill(this.pid, "SIGKILL");
    this.reaper.waitNow(this.pid);
  }
}
