import { usageError } from "../../errors.ts";
import { parseTime } from "../../model/time.ts";
import { durationMsOf } from "./duration.ts";

const DAY_MS = 86_400_000;

/** `30d`, `2w`, or a duration with smaller units: 12h, 90m. In ms. Throws USAGE that names the flag. */
export function ageMsOf(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([dw])$/.exec(text) ?? [];
  if (number !== undefined) return Math.ceil(Number(number) * DAY_MS * (unit === "w" ? 7 : 1));
  try {
    return durationMsOf(flag, text);
  } catch {
    throw usageError(`--${flag} ${JSON.stringify(text)} is no age`, "write 30d, 2w or 12h");
  }
}

/** An age, or a day or time (2026-11-02, 2026-11-02T10:00:00Z; UTC). The epoch of it, in ms. Throws USAGE that names the flag. */
export function momentMsOf(flag: string, text: string, nowMs: number): number {
  const time = parseTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (time !== null) return Number(time / 1_000_000n);
  if (/^\d{4}-/.test(text)) throw usageError(`--${flag} ${JSON.stringify(text)} is no time`, "write 2026-11-02 or 14d");
  return nowMs - ageMsOf(flag, text);
}
