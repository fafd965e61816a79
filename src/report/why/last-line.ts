import type { LogEnd } from "../../files/readable-files.ts";
import type { Stream } from "../../model/ids.ts";

/**
 * The last line of the stream that was written to `last`; if that is not known, of stderr before stdout. Null if neither has
 * a line that is not blank.
 */
export function lastLine(
  logs: Readonly<Record<Stream, LogEnd>>,
  last: Stream | null,
): { readonly stream: Stream; readonly text: string } | null {
  for (const stream of last === "stdout" ? (["stdout", "stderr"] as const) : (["stderr", "stdout"] as const)) {
    const text = logs[stream].lines.findLast((line) => line.trim() !== "");
    if (text !== undefined) return { stream, text };
  }
  return null;
}
