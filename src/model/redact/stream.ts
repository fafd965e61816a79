import { characterEnd } from "../utf8.ts";
import { KeyState } from "./private-keys.ts";
import type { KeyState as Keys, Redactor } from "./redactor.ts";
import { withoutSpans } from "./spans.ts";

const LF = 0x0a;
/** Of a line that does not end, so much is waited for. */
const LONG_BYTES = 128 << 10;
/** What is looked at ahead of the place up to which a long line is passed on: no secret is longer. */
const AHEAD_BYTES = 32 << 10;
/** What is looked at behind it: the name that a value belongs to. */
const BEHIND_BYTES = 2 << 10;
const NOTHING = Buffer.alloc(0);

/**
 * Takes secrets out of a stream. Whole lines are passed on at once. Of a line that does not end, all but its last 32 KiB is
 * passed on whenever 128 KiB of it are there; a secret at the border is held back until it is whole. Bytes that are
 * not part of a secret pass as they are, also where they are not UTF-8.
 */
export class RedactingStream {
  readonly #keys: Keys = new KeyState();
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** The end of what was passed on of a line that has not ended. */
  #behind: Buffer = NOTHING;

  constructor(private readonly redactor: Redactor) {}

  /** What can be passed on. `chunk` is copied where it is kept. */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lastLf = bytes.lastIndexOf(LF);
    if (lastLf < 0 && this.#heldBytes + bytes.length < LONG_BYTES) {
      this.#hold(bytes);
      return NOTHING;
    }
    const all = this.#heldBytes === 0 ? bytes : Buffer.concat([...this.#held, bytes]);
    const end = lastLf < 0 ? 0 : all.length - bytes.length + lastLf + 1;
    this.#held = [];
    this.#heldBytes = 0;
    const lines = end === 0 ? NOTHING : this.#lines(all.subarray(0, end));
    const rest = all.subarray(end);
    if (rest.length < LONG_BYTES) {
      this.#hold(rest);
      return lines;
    }
    const part = this.#part(rest);
    return lines.length === 0 ? part : Buffer.concat([lines, part]);
  }

  /** What waits for the rest of its line. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The rest. More may follow. */
  finish(): Uint8Array {
    const rest = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return this.#lines(rest);
  }

  #hold(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
  }

  /** To the end of a line, or of the stream. */
  #lines(bytes: Buffer): Buffer {
    const behind = this.#behind;
    this.#behind = NOTHING;
    if (!this.#keys.inside && !this.redactor.mayFind(behind.length === 0 ? bytes : Buffer.concat([behind, bytes]))) {
      return bytes;
    }
    if (behind.length > 0) {
      // The end of a long line.
      const lf = bytes.indexOf(LF);
      const end = lf < 0 ? bytes.length : lf;
      const first = this.#passed(behind, bytes.subarray(0, end), end).passed;
      return Buffer.concat([first, this.#lines(bytes.subarray(end))]);
    }
    const { text, encoding } = decoded(bytes);
    const lines = text.split("\n");
    // Behind the last LF is no line yet.
    const last = text.endsWith("\n") ? lines.pop() : undefined;
    this.redactor.lines(lines, this.#keys);
    if (last !== undefined) lines.push(last);
    return Buffer.from(lines.join("\n"), encoding);
  }

  /** Of a line that goes on. */
  #part(bytes: Buffer): Buffer {
    const cut = characterEnd(bytes, bytes.length - AHEAD_BYTES);
    const behind = this.#behind;
    this.#keys.inside = false;
    const isClean = !this.redactor.mayFind(behind.length === 0 ? bytes : Buffer.concat([behind, bytes]));
    const { passed, read } = isClean ? { passed: bytes.subarray(0, cut), read: cut } : this.#passed(behind, bytes, cut);
    const raw = Buffer.concat([behind, bytes.subarray(0, read)]);
    this.#behind = Buffer.from(raw.subarray(characterEnd(raw, Math.max(0, raw.length - BEHIND_BYTES))));
    this.#hold(bytes.subarray(read));
    return passed;
  }

  /** What is passed on of `bytes` when about `cut` of them are, and how many those are. */
  #passed(behind: Buffer, bytes: Buffer, cut: number): { passed: Buffer; read: number } {
    const { encoding } = decoded(Buffer.concat([behind, bytes.subarray(0, cut)]));
    const before = behind.toString(encoding);
    const now = before.length + bytes.toString(encoding, 0, cut).length;
    const all = before + bytes.toString(encoding, 0, cut) + bytes.toString(encoding, cut);
    let end = now;
    const spans = [];
    for (const span of this.redactor.spans(all)) {
      if (span.end <= before.length || span.start >= end) continue;
      if (span.end > now && span.end === all.length && cut < bytes.length && span.start > before.length) {
        end = span.start; // It may be longer.
        break;
      }
      spans.push({ start: Math.max(span.start, before.length), end: span.end });
      end = Math.max(end, span.end);
    }
    const shift = before.length;
    const text = withoutSpans(
      all.slice(shift, end),
      spans.map((span) => ({ start: span.start - shift, end: span.end - shift })),
    );
    return { passed: Buffer.from(text, encoding), read: Buffer.byteLength(all.slice(shift, end), encoding) };
  }
}

/** Bytes that are not UTF-8 stay as they are. */
function decoded(bytes: Buffer): { text: string; encoding: "utf8" | "latin1" } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), encoding: "utf8" };
  } catch {
    return { text: bytes.toString("latin1"), encoding: "latin1" };
  }
}
