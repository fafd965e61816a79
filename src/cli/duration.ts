import { usageError } from "../errors.ts";

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/**
 * `500ms`, `30s`, `5m`, `1h`, `1m30s`, `1.5s`; a number alone is seconds, as in timeout(1). In ms. Throws USAGE that
 * names the flag.
 */
export function durationMsOf(flag: string, text: string): number {
  const number = "\\d+(?:\\.\\d+)?";
  const parts = [...text.matchAll(new RegExp(`(${number})(ms|s|m|h)`, "g"))];
  const whole = parts.map(([part]) => part).join("");
  let ms = Number.NaN;
  if (new RegExp(`^${number}$`).test(text)) ms = Number(text) * UNITS_MS.s;
  else if (text !== "" && whole === text) {
    ms = parts.reduce((sum, [, value, unit]) => sum + Number(value) * UNITS_MS[unit as keyof typeof UNITS_MS], 0);
  }
  if (Number.isNaN(ms))
    throw usageError(`--${flag} ${JSON.stringify(text)} is no duration`, "write 500ms, 30s, 5m or 1h");
  if (ms > Number.MAX_SAFE_INTEGER) throw usageError(`--${flag} ${text} is out of range`);
  return Math.ceil(ms);
}
