/**
 * Times in the database are UTC, RFC 3339. The Go build trims trailing zeros of the fraction, so that its text does not
 * sort. This program always writes nine digits, and compares both as numbers.
 */
export interface Clock {
  /** Wall time now, in nine-digit RFC 3339. */
  now(): string;
  /** A monotonic reading in ms, for durations only. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  now: () => formatTime(wallClockMs()),
  monotonicMs: () => Bun.nanoseconds() / 1e6,
};

/** `epochMs` may carry a fraction; microseconds are kept. */
export function formatTime(epochMs: number): string {
  const wholeMs = Math.floor(epochMs);
  const micros = Math.floor((epochMs - wholeMs) * 1000);
  const seconds = new Date(wholeMs).toISOString().slice(0, -1);
  return `${seconds}${String(micros).padStart(3, "0")}000Z`;
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/i;

/** Returns nanoseconds since the epoch, or null if the text is no time. Accepts any number of fraction digits, also none. */
export function parseTime(text: string | null | undefined): bigint | null {
  const match = typeof text === "string" ? RFC3339.exec(text) : null;
  if (!match) return null;
  const [, date, time, fraction = "", zone = "Z"] = match;
  const wholeMs = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  if (Number.isNaN(wholeMs)) return null;
  return BigInt(wholeMs) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

/** Returns whole ms from `start` to `end`; 0 if the clock jumped back or either is no time. */
export function elapsedMs(start: string, end: string): number {
  const from = parseTime(start);
  const to = parseTime(end);
  return from === null || to === null || to < from ? 0 : Number((to - from) / 1_000_000n);
}

/**
 * `Date.now()` has no fraction. The high-resolution clock has one, but counts from the start of the process and does
 * not follow a wall clock that is set meanwhile. So it is used only as long as the two agree.
 */
function wallClockMs(): number {
  const coarse = Date.now();
  const fine = performance.timeOrigin + performance.now();
  return Math.abs(fine - coarse) < 2 ? fine : coarse;
}
