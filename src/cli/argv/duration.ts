import { usageError } from "../../errors.ts";

const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/y;
const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * `500ms`, `30s`, `5m`, `1h`, `1m30s`, `1.5s`; a number alone is seconds, as in timeout(1). In ms. Throws USAGE that
 * names the flag.
 */
export function durationMsOf(flag: string, text: string): number {
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : sumOfParts(text);
  if (ms === undefined)
    throw usageError(`--${flag} ${JSON.stringify(text)} is no duration`, "write 500ms, 30s, 5m or 1h");
  if (ms > Number.MAX_SAFE_INTEGER) throw usageError(`--${flag} ${text} is out of range`);
  return Math.ceil(ms);
}

/** Undefined when the text is not made of such parts. */
function sumOfParts(text: string): number | undefined {
  let sum = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const part = PART.exec(text);
    if (!part) return undefined;
    sum += Number(part[1]) * UNITS_MS[part[2]!]!;
  }
  return text === "" ? undefined : sum;
}
