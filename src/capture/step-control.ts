import { ActiveTimer } from "./active-timer.ts";
import type { Platform, Witness } from "./child.ts";
import { ProcessTree } from "./process-tree.ts";
import { catches, gotSignal, type ProcessStat, statOf } from "./processes.ts";
import { senderIsDone } from "./sender.ts";
import { ENDING, onSignal } from "./signal-handlers.ts";
import { Suspension } from "./suspension.ts";
import { turn } from "./turn.ts";

/** Why a step was ended from outside. */
export type Cause =
  | {
      readonly kind: "timeout";
      /** It was not the step's own timeout, but the deadline of all. */
      readonly deadline: boolean;
    }
  | {
      readonly kind: "signal";
      readonly signal: NodeJS.Signals;
      readonly moment: Moment;
      /** The whole process group got the signal (Ctrl-C), so that it was not passed on. */
      readonly everyone: boolean;
    };

/** Where in a step's life: not started; at work; ended, but its output is still open; nothing more to come from it. */
export type Moment = "before" | "running" | "draining" | "over";

export interface ControlOptions {
  /** From the first signal, or the timeout, to SIGKILL for whatever is left. */
  readonly graceMs: number;
  /** 0 is none. */
  readonly timeoutMs: number;
  /** A reading of Bun.nanoseconds(), in ms: the step is ended then, if it has no shorter timeout. */
  readonly deadlineMs?: number | undefined;
  /** The program has the user's terminal: what the keyboard sends to everyone is its own affair, and no end of it. */
  readonly hasTerminal?: boolean;
}

/** A step this short is not worth a witness, which costs a fork and an exec; see #guessEveryone. */
const WITNESS_AFTER_MS = 100;
/** A shell runs its traps only when the program that it waits for has ended: that one gets the signal after a while. */
const FOLLOW_UP_MS = 1000;
/** How long to wait for who signals us and then our group, see senderIsDone. */
const SENDER_MS = 5000;

/**
 * Stands between the caller's signals and the step, from before the step's row is written until it is closed: what
 * was sent to us alone is passed on once, what the whole group got is not; a second one kills at once.
 *
 * A request to end may come twice, once to us alone and once to our group: from timeout(1), or after Ctrl-C from a
 * harness that passes it on to its children. So it is the second request when as many as two came either way.
 */
export class StepControl {
  /** Null while nobody has ended the step. */
  cause: Cause | null = null;
  /** With `hasTerminal`: the last signal that everyone got. */
  everyoneGot: NodeJS.Signals | null = null;
  /** Settles with the first signal. */
  readonly interrupted: Promise<void>;
  readonly #tree: ProcessTree;
  readonly #suspension: Suspension;
  /** What takes our handlers of signals away. */
  readonly #handlers: (() => void)[] = [];
  #onInterrupted: () => void = () => {};
  #moment: Moment = "before";
  /** How often the signal in `cause` came, and how often of that to the whole group. */
  #deliveries = 0;
  #groupDeliveries = 0;
  /** What comes by now may have been sent before there was a witness. */
  #isUnwatched = false;
  /** Who got the signal is found out, and it was passed on. */
  #passedOn: Promise<void> = Promise.resolve();
  #witness: Witness | null = null;
  #witnessTimer: ReturnType<typeof setTimeout> | undefined;
  #timers: ActiveTimer[] = [];
  #timeout: ActiveTimer | undefined;

  constructor(
    private readonly platform: Platform,
    private readonly options: ControlOptions,
  ) {
    this.#tree = new ProcessTree(platform);
    this.#suspension = new Suspension(platform, () => this.#stopByDefault());
    this.interrupted = new Promise((resolve) => {
      this.#onInterrupted = resolve;
    });
    for (const signal of ENDING) this.#handle(signal, () => this.#interrupt(signal));
    if (process.platform === "win32") return;
    this.#handle("SIGTSTP", () => {
      void this.#suspension.suspend(() => this.#isForEveryone("SIGTSTP"), this.#moment === "running");
    });
    this.#handle("SIGCONT", () => {
      this.#witness?.wake();
      this.#suspension.resume();
    });
  }

  /** Whether SIGKILL of ours ended the step, and not what it made of the cause. */
  get killed(): boolean {
    return this.#tree.killed;
  }

  /** There is to be no further attempt. */
  get isPastDeadline(): boolean {
    return this.#msToDeadline <= 0;
  }

  get #msToDeadline(): number {
    const { deadlineMs } = this.options;
    return deadlineMs === undefined ? Number.POSITIVE_INFINITY : deadlineMs - Bun.nanoseconds() / 1e6;
  }

  /** False when a signal came before the process could be started. */
  async mayStart(): Promise<boolean> {
    this.#moment = "before";
    await turn();
    return this.cause === null;
  }

  started(pid: number): void {
    this.#moment = "running";
    this.#tree.started(pid);
    const timeoutMs = this.options.timeoutMs || Number.POSITIVE_INFINITY;
    const leftMs = this.#msToDeadline;
    const limitMs = Math.min(timeoutMs, Math.max(1, leftMs));
    if (limitMs < Number.POSITIVE_INFINITY) {
      this.#timeout = new ActiveTimer(limitMs, () => this.#timeOut(leftMs <= timeoutMs));
    }
    this.#witnessTimer = setTimeout(() => {
      this.#witness ??= this.platform.witness();
    }, WITNESS_AFTER_MS);
  }

  /** The process has ended. Where it was ended from outside, waits until nothing of it is left. */
  async ended(): Promise<void> {
    this.#tree.endedRoot();
    this.#timeout?.stop();
    // The signal that it died of may be on its way.
    await turn();
    if (this.#moment === "running") this.#moment = "draining";
    if (!this.cause) return;
    await this.#passedOn;
    if (!this.cause) return;
    if (this.cause.kind === "timeout" || this.cause.moment === "running") this.#tree.signalAll("SIGTERM");
    await this.#tree.gone();
  }

  /** All its output is there, and what it left behind is nobody's to end any more. */
  over(): void {
    this.#moment = "over";
    clearTimeout(this.#witnessTimer);
    this.#timeout?.stop();
    for (const timer of this.#timers.splice(0)) timer.stop();
  }

  /** Between two attempts: a timeout was for the last one only. */
  settle(): void {
    if (this.cause?.kind === "timeout") this.cause = null;
  }

  /** As late as can be: a signal that has arrived and is not noticed in this turn never is. */
  async close(): Promise<void> {
    this.#stopWitness();
    await turn();
  }

  /** Signals have their default effect again. */
  release(): void {
    this.over();
    this.#stopWitness();
    for (const remove of this.#handlers.splice(0)) remove();
    // The caller is to see a death by this signal; a core of the recorder is of no use to anyone.
    if (this.cause?.kind === "signal" && this.cause.signal === "SIGQUIT") this.platform.dumpNoCore();
  }

  #stopWitness(): void {
    this.#witness?.stop();
    this.#witness = null;
  }

  #handle(signal: NodeJS.Signals, handler: () => void): void {
    this.#handlers.push(onSignal(this.platform, signal, handler));
  }

  #timeOut(deadline: boolean): void {
    if (this.cause) return;
    this.cause = { kind: "timeout", deadline };
    this.#tree.signalRoot("SIGTERM");
    this.#limit("SIGTERM", () => false);
  }

  #interrupt(signal: NodeJS.Signals): void {
    const atWork = this.#moment === "running" || this.#moment === "draining";
    if (this.cause?.kind === "signal") {
      if (atWork && this.#isSecondRequest(this.cause, signal)) this.#tree.killAll();
      return;
    }
    this.cause = { kind: "signal", signal, moment: this.#moment, everyone: false };
    if (!this.options.hasTerminal) this.#timeout?.stop();
    this.#onInterrupted();
    if (!atWork) return;
    this.#deliveries = 1;
    this.#groupDeliveries = 0;
    this.#isUnwatched = this.#witness === null;
    // From here on, all that comes can be told apart.
    this.#witness ??= this.platform.witness();
    this.#passedOn = this.#passOn(this.cause);
  }

  /** With `hasTerminal`, what everyone gets is no request to us, however often it comes. */
  #isSecondRequest(cause: Cause & { kind: "signal" }, signal: NodeJS.Signals): boolean {
    if (signal !== cause.signal) return !(this.options.hasTerminal && this.#witness?.saw(signal));
    if (this.#isUnwatched) return false;
    this.#deliveries++;
    this.#countGroupDelivery(signal);
    if (this.options.hasTerminal && this.#deliveries === this.#groupDeliveries) return false;
    // The step would have got it without us as well.
    if (this.#groupDeliveries > 0) this.cause = { ...cause, everyone: true };
    return Math.max(this.#groupDeliveries, this.#deliveries - this.#groupDeliveries) > 1;
  }

  #countGroupDelivery(signal: NodeJS.Signals): void {
    if (this.#witness?.saw(signal)) this.#groupDeliveries++;
  }

  #stopByDefault(): void {
    // All of them: there may be another step's beside ours.
    const handlers = process.listeners("SIGTSTP");
    process.removeAllListeners("SIGTSTP");
    process.kill(process.pid, "SIGTSTP");
    for (const handler of handlers) process.on("SIGTSTP", handler);
  }

  async #passOn(cause: Cause & { kind: "signal" }): Promise<void> {
    const { signal, moment } = cause;
    await senderIsDone(Math.min(SENDER_MS, this.options.graceMs / 2));
    const unwatched = this.#isUnwatched;
    this.#countGroupDelivery(signal);
    if (unwatched) {
      // What was sent before the witness was there has come by then, however busy the machine is.
      await turn();
      this.#isUnwatched = false;
      if (this.#groupDeliveries === 0 && this.#guessEveryone(signal)) this.#groupDeliveries = 1;
    }
    const everyone = this.#groupDeliveries > 0;
    if (everyone && this.options.hasTerminal) {
      this.everyoneGot = signal;
      this.cause = null;
      return;
    }
    this.cause = { ...cause, everyone };
    if (this.#moment === "over") return;
    const group = statOf(process.pid)?.pgrp;
    const reached = ({ pgrp }: ProcessStat) => everyone && pgrp === group;
    if (moment === "running" && !this.#reachedRoot(signal, reached, unwatched)) this.#tree.signalRoot(signal);
    if (moment === "draining") this.#tree.signalAll(signal, reached);
    this.#limit(moment === "running" ? signal : "SIGTERM", reached);
  }

  /** Without a witness it is a guess: then a process that does not handle the signal, and lives, did not get it. */
  #reachedRoot(signal: NodeJS.Signals, reached: (process: ProcessStat) => boolean, unwatched: boolean): boolean {
    const root = statOf(this.#tree.root);
    if (root === null || root.zombie) return true;
    return reached(root) && (!unwatched || catches(root.pid, signal));
  }

  /** Sees to it that the step ends: its other processes get the signal too, and at last SIGKILL. */
  #limit(signal: NodeJS.Signals, reached: (process: ProcessStat) => boolean): void {
    const { graceMs } = this.options;
    this.#timers.push(
      new ActiveTimer(Math.min(FOLLOW_UP_MS, graceMs / 2), () => this.#tree.signalAll(signal, reached)),
      new ActiveTimer(graceMs, () => this.#tree.killAll()),
    );
  }

  async #isForEveryone(signal: NodeJS.Signals): Promise<boolean> {
    await senderIsDone(SENDER_MS);
    return this.#witness ? this.#witness.saw(signal) : this.#guessEveryone(signal);
  }

  /**
   * Without a witness when it came, in a step's first 100 ms: the step tells, if it is in our group and does nothing about
   * the signal, by whether it dies of it. Else a keyboard's signals in the foreground of a terminal are taken for the
   * keyboard's, and others as sent to us. Of SIGTSTP nothing is left to be seen where no shell could wake the group: then
   * it is to have its default effect, which is none, rather than to stop us for ever.
   */
  #guessEveryone(signal: NodeJS.Signals): boolean {
    const own = statOf(process.pid);
    if (signal === "SIGTSTP" && own?.tty === 0) return true;
    const root = this.#tree.rootEnded ? null : statOf(this.#tree.root);
    if (own !== null && root?.pgrp === own.pgrp) {
      const got = gotSignal(root.pid, signal);
      if (got !== null) return got;
    }
    if (signal === "SIGTERM") return false;
    return own !== null && own.tty !== 0 && own.foregroundGroup === own.pgrp;
  }
}
