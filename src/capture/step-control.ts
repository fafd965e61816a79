import { ActiveTimer } from "./active-timer.ts";
import type { Platform, Witness } from "./child.ts";
import { statOf } from "./processes.ts";

/** Why a step was ended from outside. */
export type Cause =
  | { readonly kind: "timeout" }
  /** `everyone`: the whole process group got the signal (Ctrl-C), so that it was not passed on. */
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals; readonly everyone: boolean };

export interface ControlOptions {
  /** From the first signal, or the timeout, to SIGKILL for whatever is left. */
  readonly graceMs: number;
  /** 0 is none. */
  readonly timeoutMs: number;
}

const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
/** A step this short is not worth a witness; see #sentToEveryone. */
const WITNESS_AFTER_MS = 100;
/** A shell runs its traps only when the program that it waits for has ended: that one gets the signal after a while. */
const FOLLOW_UP_MS = 1000;

/**
 * Stands between the caller's signals and the step, from before the step's row is written until it is closed: what
 * was sent to us alone is passed on once, what the whole group got is not; a second one kills at once.
 */
export class StepControl {
  /** Null while nobody has ended the step. */
  cause: Cause | null = null;
  /** Called when the first cause appears. */
  onCause: () => void = () => {};
  readonly #handlers = new Map<NodeJS.Signals, () => void>();
  #child = 0;
  #childEnded = false;
  #witness: Witness | null = null;
  #witnessTimer: ReturnType<typeof setTimeout> | undefined;
  #timeout: ActiveTimer | undefined;
  #grace: ActiveTimer | undefined;
  #followUp: ActiveTimer | undefined;
  #killing: Promise<void> | undefined;
  /** Got the signal from us already. */
  readonly #signalled = new Set<number>();

  constructor(
    private readonly platform: Platform,
    private readonly options: ControlOptions,
  ) {
    for (const signal of ENDING) this.#handle(signal, () => this.#interrupt(signal));
    if (process.platform === "win32") return;
    this.#handle("SIGTSTP", () => this.#suspend());
    this.#handle("SIGCONT", () => this.#resume());
  }

  /** A process has started: signals that came meanwhile are passed on to it. */
  started(pid: number): void {
    this.#child = pid;
    this.#childEnded = false;
    this.#signalled.clear();
    if (this.options.timeoutMs > 0) {
      this.#timeout = new ActiveTimer(this.options.timeoutMs, () => this.#begin({ kind: "timeout" }));
    }
    this.#witnessTimer = setTimeout(() => {
      this.#witness ??= this.platform.witness();
    }, WITNESS_AFTER_MS);
    if (this.cause) this.#passOn();
  }

  /** The process has ended. Where it was ended from outside, waits until nothing of it is left. */
  async ended(): Promise<void> {
    this.#childEnded = true;
    this.#timeout?.stop();
    clearTimeout(this.#witnessTimer);
    if (!this.cause) return;
    this.#passOnToRest("SIGTERM");
    while (!this.#killing && this.platform.descendants().length > 0) await Bun.sleep(10);
    await this.#killing;
  }

  /** SIGKILL to everything below us, until nothing is left: what a kill sets free may start another. */
  killAll(): Promise<void> {
    this.#killing ??= this.#killUntilEmpty();
    return this.#killing;
  }

  /** Between two attempts: what ended the last one is settled. */
  settle(): void {
    for (const timer of [this.#timeout, this.#grace, this.#followUp]) timer?.stop();
    clearTimeout(this.#witnessTimer);
    this.#killing = undefined;
    if (this.cause?.kind === "timeout") this.cause = null;
  }

  /** Signals have their default effect again. */
  release(): void {
    this.settle();
    this.#witness?.stop();
    this.#witness = null;
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #handle(signal: NodeJS.Signals, handler: () => void): void {
    if (this.platform.ignores(signal)) return;
    this.#handlers.set(signal, handler);
    process.on(signal, handler);
  }

  #interrupt(signal: NodeJS.Signals): void {
    if (this.cause?.kind === "signal") void this.killAll();
    else this.#begin({ kind: "signal", signal, everyone: this.#sentToEveryone(signal) });
  }

  #begin(cause: Cause): void {
    const first = this.cause === null;
    this.cause = cause;
    this.#timeout?.stop();
    if (this.#child !== 0) this.#passOn();
    if (first) this.onCause();
  }

  #passOn(): void {
    const { cause } = this;
    if (!cause || this.#grace) return;
    const signal = cause.kind === "timeout" ? "SIGTERM" : cause.signal;
    const { graceMs } = this.options;
    this.#grace = new ActiveTimer(graceMs, () => void this.killAll());
    if (cause.kind === "signal" && cause.everyone) return;
    if (!this.#childEnded) this.#send(this.#child, signal);
    this.#followUp = new ActiveTimer(Math.min(FOLLOW_UP_MS, graceMs / 2), () => this.#passOnToRest(signal));
  }

  #passOnToRest(signal: NodeJS.Signals): void {
    for (const { pid } of this.platform.descendants()) this.#send(pid, signal);
  }

  #send(pid: number, signal: NodeJS.Signals): void {
    if (this.#signalled.has(pid)) return;
    this.#signalled.add(pid);
    kill(pid, signal);
  }

  async #killUntilEmpty(): Promise<void> {
    for (;;) {
      const left = this.platform.descendants().map(({ pid }) => pid);
      if (!this.#childEnded && this.#child !== 0 && !left.includes(this.#child)) left.push(this.#child);
      if (left.length === 0) return;
      for (const pid of left) kill(pid, "SIGKILL");
      await Bun.sleep(5);
    }
  }

  /** A signal to the recorder alone: stops the step with it. Bun's clock goes on, see ActiveTimer. */
  #suspend(): void {
    if (!this.#sentToEveryone("SIGTSTP")) for (const { pid } of this.platform.descendants()) kill(pid, "SIGSTOP");
    // SIGTSTP's own effect would be dropped in a group without a shell to wake it.
    kill(process.pid, "SIGSTOP");
  }

  #resume(): void {
    this.#witness?.wake();
    for (const { pid } of this.platform.descendants()) kill(pid, "SIGCONT");
  }

  /**
   * Without a witness (a step of less than 100 ms) a keyboard's signals in the foreground of a terminal are taken for
   * the keyboard's, and others as sent to us.
   */
  #sentToEveryone(signal: NodeJS.Signals): boolean {
    if (this.#witness) return this.#witness.saw(signal);
    if (signal === "SIGTERM") return false;
    const own = statOf(process.pid);
    return own !== null && own.tty !== 0 && own.foregroundGroup === own.pgrp;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile, or belongs to another user (sudo).
  }
}
