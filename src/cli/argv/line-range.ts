import { usageError } from "../../errors.ts";
import type { LineRange } from "../../model/line-range.ts";

/** Reads `100-140`, `100-`, `-140` or `100`. Throws USAGE. */
export function lineRangeOf(flag: string, text: string): LineRange {
  const parts = /^(\d*)(-?)(\d*)$/.exec(text);
  if (parts === null || !/\d/.test(text)) {
    throw usageError(
      `--${flag} ${JSON.stringify(text)} is no range of lines`,
      "write it as 100-140, 100-, -140 or 100",
    );
  }
  const [, from, dash, to] = parts as unknown as [string, string, string, string];
  const first = from === "" ? 1 : Number(from);
  const last = to !== "" ? Number(to) : dash === "-" ? Number.POSITIVE_INFINITY : first;
  if (first < 1) throw usageError(`--${flag} ${text} begins before the first line, which is 1`);
  if (last < first) throw usageError(`--${flag} ${text} ends before it begins`);
  return { first, last };
}
