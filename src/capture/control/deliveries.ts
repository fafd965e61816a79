import { yieldToEventLoop } from "../../sys/event-loop.ts";
import { gotSignal, statOf } from "../../sys/processes.ts";
import type { GroupSignalProbe, Platform } from "../platform.ts";
import { senderIsDone } from "./sender.ts";

/**
 * How often a signal came to us alone, and how often to our whole process group. A request to end may come both ways:
 * from timeout(1), or after Ctrl-C from a harness that passes it on to its children. So as many requests were made as
 * signals came either way.
 */
export class Deliveries {
  #probe: GroupSignalProbe | null = null;
  #count = 0;
  #toGroup = 0;
  /** What comes by now may have been sent before there was a probe. */
  #isUnwatched = false;

  constructor(
    private readonly platform: Platform,
    /** The pid of the step's first process; 0 when it has ended. */
    private readonly root: () => number,
  ) {}

  /** Whether all of them were for everyone. */
  get areEveryones(): boolean {
    return this.#count === this.#toGroup;
  }

  /** How many requests to end they were. */
  get requests(): number {
    return Math.max(this.#toGroup, this.#count - this.#toGroup);
  }

  /** From now on, a signal to the group is told from one to us: at the price of a process. */
  watch(): void {
    this.#probe ??= this.platform.probeGroupSignals();
  }

  /** A signal came for the first time. */
  first(): void {
    this.#count = 1;
    this.#toGroup = 0;
    this.#isUnwatched = this.#probe === null;
    this.watch();
  }

  /** It came once more. Returns whether everyone has got it by now. */
  again(signal: NodeJS.Signals): boolean {
    // Whether one or two were sent before there was a probe, nobody knows: they count as one.
    if (!this.#isUnwatched) {
      this.#count++;
      if (this.saw(signal)) this.#toGroup++;
    }
    return this.#toGroup > 0;
  }

  /** Who got it, when nobody is about to send it any further. `guessed` without a probe from its beginning. */
  async settled(signal: NodeJS.Signals, limitMs: number): Promise<{ everyone: boolean; guessed: boolean }> {
    await senderIsDone(limitMs);
    const guessed = this.#isUnwatched;
    if (this.saw(signal)) this.#toGroup++;
    if (guessed) {
      // What was sent before the probe was there has come by then, however busy the machine is.
      await yieldToEventLoop();
      this.#isUnwatched = false;
      if (this.#toGroup === 0 && this.#guess(signal)) this.#toGroup = 1;
    }
    return { everyone: this.#toGroup > 0, guessed };
  }

  /** Of a signal that is not counted: whether everyone got it. */
  async isForEveryone(signal: NodeJS.Signals, limitMs: number): Promise<boolean> {
    await senderIsDone(limitMs);
    return this.#probe ? this.saw(signal) : this.#guess(signal);
  }

  /** Whether the group got this signal since that was last asked; false without a probe. */
  saw(signal: NodeJS.Signals): boolean {
    return this.#probe?.saw(signal) ?? false;
  }

  /** To be told of SIGCONT. */
  wake(): void {
    this.#probe?.wake();
  }

  stop(): void {
    this.#probe?.stop();
    this.#probe = null;
  }

  /**
   * The step tells, if it is in our group and does nothing about the signal, by whether it dies of it. Else a keyboard's
   * signals in the foreground of a terminal are taken for the keyboard's, and others as sent to us. Of SIGTSTP nothing is
   * left to be seen where no shell could wake the group: then it is to have its default effect, which is none, rather
   * than to stop us for ever.
   */
  #guess(signal: NodeJS.Signals): boolean {
    const own = statOf(process.pid);
    if (signal === "SIGTSTP" && own?.tty === 0) return true;
    const root = statOf(this.root());
    if (own !== null && root?.pgrp === own.pgrp) {
      const got = gotSignal(root.pid, signal);
      if (got !== null) return got;
    }
    if (signal === "SIGTERM") return false;
    return own !== null && own.tty !== 0 && own.foregroundGroup === own.pgrp;
  }
}
