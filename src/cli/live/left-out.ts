import type { LeftOut } from "../../recorder/run/plan.ts";

/** How many files a line names for one reason. */
const MOST_NAMED = 10;

/** A line for each reason why files are not steps: a warning if they look like steps, else a note. */
export function leftOutLines(
  leftOut: readonly LeftOut[],
): { readonly level: "warn" | "note"; readonly text: string }[] {
  const reasons = Map.groupBy(leftOut, ({ why }) => why);
  return [...reasons].map(([why, all]) => {
    const more = all.length > MOST_NAMED ? ` and ${all.length - MOST_NAMED} more` : "";
    const named = all.slice(0, MOST_NAMED).map(({ file }) => file);
    const level = all.some(({ looksLikeStep }) => looksLikeStep) ? "warn" : "note";
    return { level, text: `${why}, so left out: ${named.join(", ")}${more}` };
  });
}
