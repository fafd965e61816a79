import { usageError } from "../../errors.ts";

const UNITS = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const;

/** `4096`, `500k`, `100M`, `2G`: bytes, with binary units. Throws USAGE that names the flag. */
export function bytesOf(flag: string, text: string): number {
  const [, number, unit = ""] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
  const bytes = Number(number) * UNITS[unit.toLowerCase() as keyof typeof UNITS];
  if (number === undefined) throw usageError(`--${flag} ${JSON.stringify(text)} is no size`, "write 500k, 100M or 2G");
  if (!Number.isSafeInteger(bytes)) throw usageError(`--${flag} ${text} is out of range`);
  return bytes;
}
