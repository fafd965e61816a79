import type { Stream } from "../../model/ids.ts";

/** Which of a step's output the console gets: nothing, its end if the step failed, or all of it as it comes. */
export const SHOW = ["none", "failed", "all", "stdout", "stderr"] as const;
export type Show = (typeof SHOW)[number];

/** Whether a stream is copied to the console as it comes. */
export function shows(show: Show, stream: Stream): boolean {
  return show === "all" || show === stream;
}

/** A note on what a slow console did not get; "" if it got everything. */
export function leftOutNote(stream: Stream, bytes: number): string {
  return bytes === 0 ? "" : `the console was too slow for ${bytes} bytes of ${stream}; they are in the log`;
}
