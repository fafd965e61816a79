import { stepKey } from "../../report/last-results.ts";

interface Step {
  readonly num: number;
  readonly name: string;
}

/** How long a suite will probably still run, from how long its steps usually take. */
export class RemainingTime {
  readonly #waiting: Map<string, number>;
  readonly #running = new Map<string, { readonly usualMs: number; readonly startMs: number }>();

  /** A step that never passed is taken to need as long as the others do on average. */
  constructor(
    steps: readonly Step[],
    usualMs: ReadonlyMap<string, number>,
    private readonly jobs: number,
  ) {
    const keys = steps.map(({ num, name }) => stepKey(num, name));
    const known = keys.flatMap((key) => usualMs.get(key) ?? []);
    const averageMs = known.reduce((sum, ms) => sum + ms, 0) / known.length;
    // From fewer than half of the steps nothing can be said about the others.
    const isKnown = known.length > 0 && 2 * known.length >= keys.length;
    this.#waiting = new Map(isKnown ? keys.map((key) => [key, usualMs.get(key) ?? averageMs]) : []);
  }

  started({ num, name }: Step, nowMs: number): void {
    const key = stepKey(num, name);
    const usualMs = this.#waiting.get(key);
    if (usualMs === undefined) return;
    this.#waiting.delete(key);
    this.#running.set(key, { usualMs, startMs: nowMs });
  }

  ended({ num, name }: Step): void {
    this.#running.delete(stepKey(num, name));
  }

  /** In ms; null if nothing is known, or if what is known is over: a step that takes longer than usual has no end in sight. */
  leftMs(nowMs: number): number | null {
    const running = [...this.#running.values()].map(({ usualMs, startMs }) => usualMs - (nowMs - startMs));
    const waitingMs = [...this.#waiting.values()].reduce((sum, ms) => sum + ms, 0);
    const runningMs = running.reduce((sum, ms) => sum + Math.max(0, ms), 0);
    const leftMs = Math.max((waitingMs + runningMs) / this.jobs, ...running);
    return leftMs > 0 ? leftMs : null;
  }
}
