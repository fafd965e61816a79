import { ActiveTimer } from "../../sys/active-timer.ts";
import { yieldToEventLoop } from "../../sys/event-loop.ts";
import { catches, type ProcessStat, statOf } from "../../sys/processes.ts";
import type { Platform } from "../platform.ts";
import { Deliveries } from "./deliveries.ts";
import { ProcessTree } from "./process-tree.ts";
import { ENDING, onSignal } from "./signal-handlers.ts";
import { Suspension } from "./suspension.ts";

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

/** A step this short is not worth a probe, which costs a fork and an exec; see Deliveries. */
const PROBE_AFTER_MS = 100;
/** A shell runs its traps only when the program that it waits for has ended: that one gets the signal after a while. */
const FOLLOW_UP_MS = 1000;
/** How long to wait for who signals us and then our group, see senderIsDone. */
const SENDER_MS = 5000;

/**
 * Stands between the caller's signals and the step, from before the step's row is written until it is closed: what
 * was sent to us alone is passed on once, what the whole group got is not; a second one kills at once.
 */
export class StepControl {
  /** Null while nobody has ended the step. */
  cause: Cause | null = null;
  /** With `hasTerminal`: the last signal that everyone got. */
  wasSentToGroup: NodeJS.Signals | null = null;
  /** Settles with the first signal. */
  readonly interrupted: Promise<void>;
  readonly #tree: ProcessTree;
  readonly #suspension: Suspension;
  /** What takes our handlers of signals away. */
  readonly #handlers: (() => void)[] = [];
  #onInterrupted: () => void = () => {};
  #moment: Moment = "before";
  /** Of the signal in `cause`. */
  readonly #deliveries: Deliveries;
  /** Who got the signal is found out, and it was passed on. */
  #passedOn: Promise<void> = Promise.resolve();
  #probeTimer: ReturnType<typeof setTimeout> | undefined;
  #timers: ActiveTimer[] = [];
  #timeout: ActiveTimer | undefined;

  constructor(
    private readonly platform: Platform,
    private readonly options: ControlOptions,
  ) {
    this.#tree = new ProcessTree(platform);
    this.#deliveries = new Deliveries(platform, () => (this.#tree.rootEnded ? 0 : this.#tree.root));
    this.#suspension = new Suspension(platform, () => this.#stopByDefault());
    this.interrupted = new Promise((resolve) => {
      this.#onInterrupted = resolve;
    });
    for (const signal of ENDING) this.#handle(signal, () => this.#interrupt(signal));
    if (process.platform === "win32") return;
    this.#handle("SIGTSTP", () => {
      void this.#suspension.suspend(
        () => this.#deliveries.isForEveryone("SIGTSTP", SENDER_MS),
        this.#moment === "running",
      );
    });
    this.#handle("SIGCONT", () => {
      this.#deliveries.wake();
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
    await yieldToEventLoop();
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
    this.#probeTimer = setTimeout(() => this.#deliveries.watch(), PROBE_AFTER_MS);
  }

  /** The process has ended. Where it was ended from outside, waits until nothing of it is left. */
  async ended(): Promise<void> {
    this.#tree.endedRoot();
    this.#timeout?.stop();
    // The signal that it died of may be on its way.
    await yieldToEventLoop();
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
    clearTimeout(this.#probeTimer);
    this.#timeout?.stop();
    for (const timer of this.#timers.splice(0)) timer.stop();
  }

  /** Between two attempts: a timeout was for the last one only. */
  settle(): void {
    if (this.cause?.kind === "timeout") this.cause = null;
  }

  /** As late as can be: a signal that has arrived and is not noticed in this yieldToEventLoop never is. */
  async close(): Promise<void> {
    this.#deliveries.stop();
    await yieldToEventLoop();
  }

  /** Signals have their default effect again. */
  release(): void {
    this.over();
    this.#deliveries.stop();
    for (const remove of this.#handlers.splice(0)) remove();
    // The caller is to see a death by this signal; a core of the recorder is of no use to anyone.
    if (this.cause?.kind === "signal" && this.cause.signal === "SIGQUIT") this.platform.dumpNoCore();
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
    this.#deliveries.first();
    this.#passedOn = this.#passOn(this.cause);
  }

  /** With `hasTerminal`, what everyone gets is no request to us, however often it comes. */
  #isSecondRequest(cause: Cause & { kind: "signal" }, signal: NodeJS.Signals): boolean {
    const { hasTerminal } = this.options;
    if (signal !== cause.signal) return !(hasTerminal && this.#deliveries.saw(signal));
    // The step would have got it without us as well.
    if (this.#deliveries.again(signal)) this.cause = { ...cause, everyone: true };
    return this.#deliveries.requests > 1 && !(hasTerminal && this.#deliveries.areEveryones);
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
    const limitMs = Math.min(SENDER_MS, this.options.graceMs / 2);
    const { everyone, guessed } = await this.#deliveries.settled(signal, limitMs);
    if (everyone && this.options.hasTerminal) {
      this.wasSentToGroup = signal;
      this.cause = null;
      return;
    }
    this.cause = { ...cause, everyone };
    if (this.#moment === "over") return;
    const group = statOf(process.pid)?.pgrp;
    const reached = ({ pgrp }: ProcessStat) => everyone && pgrp === group;
    if (moment === "running" && !this.#reachedRoot(signal, reached, guessed)) this.#tree.signalRoot(signal);
    if (moment === "draining") this.#tree.signalAll(signal, reached);
    this.#limit(moment === "running" ? signal : "SIGTERM", reached);
  }

  /** Without a probe it is a guess: then a process that does not handle the signal, and lives, did not get it. */
  #reachedRoot(signal: NodeJS.Signals, reached: (process: ProcessStat) => boolean, guessed: boolean): boolean {
    const root = statOf(this.#tree.root);
    if (root === null || root.zombie) return true;
    return reached(root) && (!guessed || catches(root.pid, signal));
  }

  /** Sees to it that the step ends: its other processes get the signal too, and at last SIGKILL. */
  #limit(signal: NodeJS.Signals, reached: (process: ProcessStat) => boolean): void {
    const { graceMs } = this.options;
    this.#timers.push(
      new ActiveTimer(Math.min(FOLLOW_UP_MS, graceMs / 2), () => this.#tree.signalAll(signal, reached)),
      new ActiveTimer(graceMs, () => this.#tree.killAll()),
    );
  }
}
