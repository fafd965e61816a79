import { screenLine } from "../../model/screen-line.ts";

const LF = 0x0a;
const CR = 0x0d;
/** Of a line that is redrawn, its end decides what stays. */
const MOST_HELD_BYTES = 65_536;
/** A cursor that goes back: CR before anything but the line's end, or a backspace. */
const REDRAWN = /\r(?!$)|[\b]/;
/** What a progress bar is made of besides text. */
const BAR = /\x1b\[[\d;?]*[A-Za-z]|[\r\b\t]/g;
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/**
 * A line as it stays on a screen, if it is redrawn; else as it is, with its colours. A line with other control characters
 * than a progress bar needs stays as it is as well, so that its reader sees them.
 */
export function settledLine(line: string): string {
  return REDRAWN.test(line) && !CONTROL.test(line.replace(BAR, "")) ? screenLine(line) : line;
}

/**
 * Output for a log that is read after it was written, as a CI's console is: a line that is redrawn (a progress bar) comes
 * once, as it stays, instead of a thousand times. Everything else passes at once, byte for byte.
 */
export class SettledLines {
  /** What has passed of the line that is not complete. */
  #passed: Uint8Array[] = [];
  #passedBytes = 0;
  /** What is held of it, from its first CR on; null as long as it is not redrawn. */
  #held: Uint8Array[] | null = null;
  #heldBytes = 0;

  /** What may be shown by now. */
  push(bytes: Uint8Array): Uint8Array {
    const shown: Uint8Array[] = [];
    for (let start = 0; start < bytes.length; ) {
      const lf = bytes.indexOf(LF, start);
      const end = lf < 0 ? bytes.length : lf + 1;
      const piece = bytes.subarray(start, end);
      shown.push(lf < 0 ? this.#part(piece) : this.#line(piece));
      start = end;
    }
    return shown.length === 1 ? shown[0]! : Buffer.concat(shown);
  }

  /** What was held back. */
  end(): Uint8Array {
    return this.#held === null ? new Uint8Array() : this.#settle(false);
  }

  #line(piece: Uint8Array): Uint8Array {
    const isRedrawn = this.#held !== null || hasRedraw(piece);
    if (!isRedrawn) {
      this.#forget();
      return piece;
    }
    this.#hold(piece.subarray(0, -1));
    return this.#settle(true);
  }

  #part(piece: Uint8Array): Uint8Array {
    if (this.#held !== null) {
      this.#hold(piece);
      return new Uint8Array();
    }
    const cr = piece.indexOf(CR);
    const passes = cr < 0 ? piece : piece.subarray(0, cr);
    this.#passed.push(Uint8Array.from(passes));
    this.#passedBytes += passes.length;
    if (this.#passedBytes > MOST_HELD_BYTES) this.#forget();
    if (cr >= 0) this.#hold(piece.subarray(cr));
    return passes;
  }

  #hold(piece: Uint8Array): void {
    this.#held ??= [];
    this.#held.push(Uint8Array.from(piece));
    this.#heldBytes += piece.length;
    if (this.#heldBytes <= 2 * MOST_HELD_BYTES) return;
    const end = Buffer.concat(this.#held).subarray(-MOST_HELD_BYTES);
    this.#held = [Uint8Array.from(end)];
    this.#heldBytes = end.length;
  }

  /** The line as it stays: after what has passed of it if it begins so, else on a line of its own. */
  #settle(isComplete: boolean): Uint8Array {
    const before = Buffer.concat(this.#passed).toString();
    const line = before + Buffer.concat(this.#held!).toString();
    this.#forget();
    const settled = settledLine(line).replace(/\r$/, "");
    const text = settled.startsWith(before) ? settled.slice(before.length) : `\n${settled}`;
    return Buffer.from(isComplete ? `${text}\n` : text);
  }

  #forget(): void {
    this.#passed = [];
    this.#passedBytes = 0;
    this.#held = null;
    this.#heldBytes = 0;
  }
}

/** Whether a complete line has a CR that is not a part of its end. */
function hasRedraw(line: Uint8Array): boolean {
  const cr = line.indexOf(CR);
  return cr >= 0 && cr < line.length - 2;
}
