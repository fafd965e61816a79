import fs from "node:fs";
import { openFound } from "../files/gate.ts";
import type { Tape } from "../files/step-output.ts";
import { lastLinesFrom } from "../files/tail.ts";
import type { Marks } from "../files/timeline.ts";
import type { Stream } from "../model/ids.ts";

/** Of the line before a silence. */
const LINE_BYTES = 16_384;
/** Marks of a step that prints without a pause are one resolution apart. */
const WORTH_TELLING_MARKS = 3;

/** A time in which nothing was printed. */
export interface Silence {
  /** After the attempt's start. */
  readonly startMs: number;
  readonly lengthMs: number;
  /** Where the line before it was printed; null at the very beginning. */
  readonly stream: Stream | null;
  /** That line, or as much of it as had come; null at the very beginning, or when it cannot be read. */
  readonly line: string | null;
}

/** What was printed last before a silence, up to where in its file. */
type Before = Pick<Silence, "startMs" | "stream"> & { readonly endBytes: number };

/** The longest silences, longest first. `streams` are those that count. */
export function silencesOf(tape: Tape, marks: Marks, streams: readonly Stream[], top: number): Silence[] {
  const sizes = { stdout: 0, stderr: 0 };
  let before: Before = { startMs: 0, stream: null, endBytes: 0 };
  const silences: (Before & { lengthMs: number })[] = [];
  const endsAt = (atMs: number) => silences.push({ ...before, lengthMs: atMs - before.startMs });
  for (const { atMs, stream, bytes } of marks.marks) {
    if (!streams.includes(stream)) continue;
    endsAt(atMs);
    sizes[stream] += bytes;
    before = { startMs: atMs, stream, endBytes: sizes[stream] };
  }
  endsAt(tape.durationMs ?? 0);
  return silences
    .filter(({ lengthMs }) => lengthMs >= WORTH_TELLING_MARKS * marks.resolutionMs)
    .sort((a, b) => b.lengthMs - a.lengthMs)
    .slice(0, top)
    .map(({ startMs, lengthMs, stream, endBytes }) => ({
      startMs,
      lengthMs,
      stream,
      line: stream && lineBefore(tape, stream, endBytes),
    }));
}

function lineBefore(tape: Tape, stream: Stream, endBytes: number): string | null {
  const found = tape.files[stream];
  if (found === null || "problem" in found) return null;
  const fd = openFound(found);
  try {
    const from = lastLinesFrom(fd, endBytes, 1, LINE_BYTES);
    const bytes = Buffer.alloc(endBytes - from);
    const read = fs.readSync(fd, bytes, 0, bytes.length, from);
    return bytes.toString("utf8", 0, read).replace(/\r?\n$/, "");
  } finally {
    fs.closeSync(fd);
  }
}
