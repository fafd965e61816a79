const TICK_MS = 100;

/**
 * A timer that counts only the time in which this process runs: what passes while it is stopped (Ctrl-Z, SIGSTOP, a
 * sleeping machine) shows as one late tick, of which no more than a tick counts.
 */
export class ActiveTimer {
  #leftMs: number;
  #lastMs = monotonicMs();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    ms: number,
    private readonly onEnd: () => void,
  ) {
    this.#leftMs = ms;
    this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, Math.min(TICK_MS, this.#leftMs)));
  }

  #tick(): void {
    const now = monotonicMs();
    this.#leftMs -= Math.min(now - this.#lastMs, 2 * TICK_MS);
    this.#lastMs = now;
    if (this.#leftMs <= 0.5) this.onEnd();
    else this.#wait();
  }
}

function monotonicMs(): number {
  return Bun.nanoseconds() / 1e6;
}
