import type { ProcessStat } from "../../sys/processes.ts";
import type { Platform } from "../platform.ts";

/** How long a process may take to die of SIGKILL: one in the middle of a disk operation is not waited for any longer. */
const KILL_MS = 2000;

/** A step's processes, from outside: its first one, and whatever came from it. */
export class ProcessTree {
  /** Whether we sent SIGKILL before the first process had ended: then its end was not its own doing. */
  killed = false;
  #root = 0;
  #rootEnded = true;
  #killing: Promise<void> | undefined;
  /** `pid signal`: nobody gets the same signal from us twice. */
  readonly #sent = new Set<string>();

  constructor(private readonly platform: Platform) {}

  get root(): number {
    return this.#root;
  }

  get rootEnded(): boolean {
    return this.#rootEnded;
  }

  started(root: number): void {
    this.#root = root;
    this.#rootEnded = false;
    this.killed = false;
    this.#killing = undefined;
    this.#sent.clear();
  }

  /** The first process has been reaped: its pid may be another's by now. */
  endedRoot(): void {
    this.#rootEnded = true;
  }

  signalRoot(signal: NodeJS.Signals): void {
    if (!this.#rootEnded) this.#send(this.#root, signal);
  }

  /** To everything but what got this signal already; with `reached`, not to those either. */
  signalAll(signal: NodeJS.Signals, reached: (process: ProcessStat) => boolean = () => false): void {
    for (const process of this.platform.descendants()) if (!reached(process)) this.#send(process.pid, signal);
  }

  /** Settles when nothing is left, or what is left has been killed: that is for others to begin. */
  async gone(): Promise<void> {
    // Looking through /proc costs a few milliseconds where there are many processes.
    for (
      let pauseMs = 5;
      !this.#killing && this.platform.descendants().length > 0;
      pauseMs = Math.min(50, 2 * pauseMs)
    ) {
      await Bun.sleep(pauseMs);
    }
    await this.#killing;
  }

  /** SIGKILL to everything, until nothing is left. */
  killAll(): void {
    if (!this.#rootEnded) this.killed = true;
    this.#killing ??= this.#killUntilEmpty();
  }

  async #killUntilEmpty(): Promise<void> {
    const untouchable = new Set<number>();
    const endMs = Bun.nanoseconds() / 1e6 + KILL_MS;
    // Again and again: what a kill sets free may have started another meanwhile.
    while (Bun.nanoseconds() / 1e6 < endMs) {
      const left = this.platform.descendants().map(({ pid }) => pid);
      if (!this.#rootEnded && !left.includes(this.#root)) left.push(this.#root);
      const ours = left.filter((pid) => !untouchable.has(pid));
      if (ours.length === 0) return;
      for (const pid of ours) if (!kill(pid, "SIGKILL")) untouchable.add(pid);
      await Bun.sleep(5);
    }
  }

  #send(pid: number, signal: NodeJS.Signals): void {
    const key = `${pid} ${signal}`;
    if (this.#sent.has(key)) return;
    this.#sent.add(key);
    kill(pid, signal);
  }
}

/** False when the process is another user's (sudo). One that has ended meanwhile is fine. */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return (error as { code?: string }).code !== "EPERM";
  }
}
