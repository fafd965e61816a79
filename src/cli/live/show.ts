import type { Stream } from "../../model/ids.ts";

/** What of a step's output the console gets: nothing, the end of it when the step failed, or all of it as it comes. */
export const SHOW = ["none", "failed", "all", "stdout", "stderr"] as const;
export type Show = (typeof SHOW)[number];

/** Whether a stream is copied to ours as it comes. */
export function shows(show: Show, stream: Stream): boolean {
  return show === "all" || show === stream;
}

/** What a slow console did not get, for a note; "" when it got everything. */
export function leftOutNote(stream: Stream, bytes: number): string {
  return bytes === 0 ? "" : `the console was too slow for ${bytes} bytes of ${stream}; they are in the log`;
}
