import type { Stream } from "../model/ids.ts";
import type { Piece } from "./line-chunks.ts";
import type { Mark, Marks } from "./timeline.ts";

/** A piece of a line, with what is known of when it came. */
export interface TimedPiece extends Piece {
  readonly stream: Stream;
  /** After the attempt's start; null when it is not known. */
  readonly atMs: number | null;
  /** The other stream wrote something so close to it that either may have been first. */
  readonly isUnsure: boolean;
}

/**
 * Lines of both streams in the order in which they were begun, whole lines. Without marks stdout comes first, then
 * stderr.
 */
export function* merged(
  pieces: Readonly<Partial<Record<Stream, Iterator<Piece>>>>,
  marks: Marks | null,
): Generator<TimedPiece> {
  const heads = (["stdout", "stderr"] as const).flatMap((stream) =>
    pieces[stream] ? [new Head(stream, pieces[stream], marks)] : [],
  );
  for (;;) {
    const [first, second] = heads.filter((head) => head.piece !== null);
    if (!first) return;
    const head = second && second.place < first.place ? second : first;
    yield* head.line();
  }
}

/** Where a stream is: its next piece, and the mark that this begins in. */
class Head {
  piece: Piece | null;
  /** In which the next line begins, among all marks; its last ones for what has no mark. */
  place = -1;
  readonly #timeline: readonly TimedMark[];
  #at = 0;

  constructor(
    private readonly stream: Stream,
    private readonly pieces: Iterator<Piece>,
    marks: Marks | null,
  ) {
    this.#timeline = marks ? timelineOf(marks, stream) : [];
    this.piece = this.#next();
  }

  /** To be taken whole before the other stream has its turn. */
  *line(): Generator<TimedPiece> {
    const mark = this.#timeline[this.#at];
    const { stream } = this;
    for (let isOver = false; !isOver && this.piece !== null; ) {
      isOver = this.piece.endsLine;
      yield { ...this.piece, stream, atMs: mark?.atMs ?? null, isUnsure: mark?.isUnsure ?? false };
      this.piece = this.#next();
    }
  }

  #next(): Piece | null {
    const { done, value } = this.pieces.next();
    if (done) return null;
    if (value.beginsLine && this.#timeline.length > 0) {
      while (this.#at < this.#timeline.length - 1 && this.#timeline[this.#at]!.endBytes <= value.offset) this.#at++;
      this.place = this.#timeline[this.#at]!.place;
    }
    return value;
  }
}

interface TimedMark {
  /** Among the marks of both streams. */
  readonly place: number;
  readonly atMs: number;
  /** Of the file, behind the mark's bytes. */
  readonly endBytes: number;
  readonly isUnsure: boolean;
}

function timelineOf({ marks, resolutionMs }: Marks, stream: Stream): TimedMark[] {
  let endBytes = 0;
  return marks.flatMap((mark, place) => {
    if (mark.stream !== stream) return [];
    endBytes += mark.bytes;
    return [{ place, atMs: mark.atMs, endBytes, isUnsure: isUnsure(marks, place, resolutionMs) }];
  });
}

/** Whether the other stream has a mark less than the resolution away. */
function isUnsure(marks: readonly Mark[], place: number, resolutionMs: number): boolean {
  const { stream, atMs } = marks[place]!;
  const isNear = (mark: Mark | undefined) => mark !== undefined && Math.abs(mark.atMs - atMs) < resolutionMs;
  // Of one stream two marks are at least that far apart: the next one of the other is next to it, or not near.
  for (const direction of [-1, 1]) {
    for (let i = place + direction; isNear(marks[i]); i += direction) if (marks[i]!.stream !== stream) return true;
  }
  return false;
}
