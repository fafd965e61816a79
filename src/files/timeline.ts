import { STREAMS, type Stream } from "../model/ids.ts";

/** Chunks of one stream that come within this are one mark. */
const RESOLUTION_MS = 10;
/** Of an attempt that goes on for hours without a pause: from here on marks are twice as coarse. */
const MOST_MARKS = 200_000;
const VERSION = 1;

/**
 * Bytes of one stream, as they follow each other in its file, that came within `resolutionMs` from `atMs` after the start.
 * Of two marks less than that apart it is not known which bytes were written first.
 */
export interface Mark {
  readonly atMs: number;
  readonly stream: Stream;
  readonly bytes: number;
}

export interface Marks {
  readonly resolutionMs: number;
  /** By time; of one moment in the order of their arrival. */
  readonly marks: readonly Mark[];
}

/** Notes down when which stream of an attempt wrote how much, while it runs: two numbers for each mark. */
export class MarkTape {
  #resolutionMs = RESOLUTION_MS;
  /** `2 * atMs`, one more for stderr. */
  #times: number[] = [];
  #bytes: number[] = [];
  /** The place of each stream's last mark, and the size of its file then. */
  readonly #last: [number, number] = [-1, -1];
  readonly #sizes: [number, number] = [0, 0];

  constructor(private readonly startMs: number) {}

  /** What a stream's file holds now, and a monotonic reading of this moment. */
  grown(stream: Stream, sizeBytes: number, nowMs: number): void {
    const which = stream === "stdout" ? 0 : 1;
    const bytes = sizeBytes - this.#sizes[which];
    if (bytes === 0) return;
    this.#sizes[which] = sizeBytes;
    this.#add(2 * Math.max(0, Math.floor(nowMs - this.startMs)) + which, bytes);
  }

  /**
   * Null when nothing was written. Else a version byte, the resolution in ms, and for each mark `2 * ms since the one
   * before`, plus one for stderr, and its bytes: all as varints, seven bits a byte, the lowest first.
   */
  encode(): Uint8Array | null {
    if (this.#times.length === 0) return null;
    const out: number[] = [VERSION];
    writeVarint(out, this.#resolutionMs);
    let before = 0;
    for (const [i, time] of this.#times.entries()) {
      const atMs = Math.floor(time / 2);
      writeVarint(out, 2 * (atMs - before) + (time % 2));
      writeVarint(out, this.#bytes[i]!);
      before = atMs;
    }
    return Uint8Array.from(out);
  }

  /** `time` as in #times. */
  #add(time: number, bytes: number): void {
    const which = time % 2;
    const last = this.#last[which]!;
    if (last >= 0 && (time - this.#times[last]!) / 2 < this.#resolutionMs) this.#bytes[last]! += bytes;
    else if (this.#times.length >= MOST_MARKS) {
      this.#coarsen();
      this.#add(time, bytes);
    } else {
      this.#last[which] = this.#times.push(time) - 1;
      this.#bytes.push(bytes);
    }
  }

  #coarsen(): void {
    const [times, bytes] = [this.#times, this.#bytes];
    this.#resolutionMs *= 2;
    this.#times = [];
    this.#bytes = [];
    this.#last.fill(-1);
    for (const [i, time] of times.entries()) this.#add(time, bytes[i]!);
  }
}

/** Null for what is no such encoding: a later version, or damage. */
export function decodeMarks(encoded: Uint8Array): Marks | null {
  if (encoded[0] !== VERSION) return null;
  let at = 1;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = encoded[at++];
      if (byte === undefined || scale > 2 ** 49) return Number.NaN;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const resolutionMs = next();
  const marks: Mark[] = [];
  let atMs = 0;
  while (at < encoded.length) {
    const step = next();
    const bytes = next();
    atMs += Math.floor(step / 2);
    marks.push({ atMs, stream: STREAMS[step % 2]!, bytes });
    if (!Number.isSafeInteger(atMs) || !Number.isSafeInteger(bytes)) return null;
  }
  return Number.isNaN(resolutionMs) ? null : { resolutionMs, marks };
}

function writeVarint(out: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) out.push((rest % 128) + 0x80);
  out.push(rest);
}
