import { type FollowOrder, Phase } from "./follow-order.ts";

/** A step that writes faster than this needs both cores for itself: its lines can wait. */
const FAST_BYTES_PER_MS = 16_000;

/** In the executable all code lies in one folder, but for the entry points, which keep their places below src/. */
const THREAD = import.meta.url.includes("/$bunfs/") ? "./recorder/index/follow-worker.ts" : "./follow-worker.ts";

/**
 * Indexes a step's logs while it runs, in a thread of its own, so that little is left to do at its end. Stands aside
 * while the step writes at full speed.
 */
export class Follower {
  readonly #worker: Worker;
  readonly #phase = new SharedArrayBuffer(4);
  readonly #ended: Promise<void>;
  #bytes = 0;
  #sinceMs = 0;

  constructor(order: Omit<FollowOrder, "phase">) {
    this.#worker = new Worker(new URL(THREAD, import.meta.url).href, { ref: false });
    this.#ended = new Promise((resolve) => {
      this.#worker.onmessage = () => resolve();
      // Where there is no such file (in the npm package) the step's end does all of the work.
      this.#worker.onerror = () => resolve();
      this.#worker.addEventListener("close", () => resolve());
    });
    this.#worker.postMessage({ ...order, phase: this.#phase } satisfies FollowOrder);
  }

  /** To be told now and then how much there is. */
  grown(bytes: number, nowMs: number): void {
    const rate = (bytes - this.#bytes) / Math.max(1, nowMs - this.#sinceMs);
    this.#bytes = bytes;
    this.#sinceMs = nowMs;
    this.#enter(rate > FAST_BYTES_PER_MS ? Phase.pause : Phase.index);
  }

  /** Waits until the thread has let go of the database: at most a slice. Not killed, as it may be in a transaction. */
  async stop(): Promise<void> {
    this.#enter(Phase.stop);
    // Holds the event loop open, which the thread itself does not.
    const timer = setInterval(() => {}, 1000);
    await this.#ended;
    clearInterval(timer);
    this.#worker.terminate();
  }

  #enter(phase: number): void {
    Atomics.store(new Int32Array(this.#phase), 0, phase);
  }
}
