import type { Store } from "../../store/store.ts";

/** Others wait for this long at most, as a rule: a commit, and a slice that is harder than the last, come on top. */
const TARGET_MS = 8;
const FEWEST = 10;
const MOST = 5000;
const FIRST = 200;

/** Does a long work in slices of about 8 ms, and learns from each how large the next one may be. */
export class Pace {
  #most = FIRST;

  constructor(private readonly store: Store) {}

  /** `slice` is told how many rows it may delete, and returns how many it did: fewer, and nothing is left. */
  async untilDone(slice: (most: number) => number): Promise<void> {
    for (;;) {
      const most = this.#most;
      let lastedMs = 0;
      const done = await this.store.backgroundTransaction(() => {
        const fromMs = Bun.nanoseconds() / 1e6;
        const rows = slice(most);
        lastedMs = Bun.nanoseconds() / 1e6 - fromMs;
        return rows;
      });
      if (done === undefined || done < most) return;
      const fitting = (most * TARGET_MS) / Math.max(lastedMs, 0.1);
      this.#most = Math.round(Math.min(MOST, 2 * most, Math.max(FEWEST, fitting)));
    }
  }
}
