/** One keyword found: its number, and in which line, from 0. */
export type OnHit = (keyword: number, line: number) => void;

const LF = 0x0a;
/** Three bytes, of 5 bits each. */
const TABLE_SIZE = 1 << 15;

/** Letters of both cases, and the marks in tokens, to 5 bits; what differs may become the same. */
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte).toLowerCase();
  if (char >= "a" && char <= "z") return char.charCodeAt(0) - 96;
  if (char >= "0" && char <= "9") return 27;
  return { _: 28, "-": 29, ".": 30, ":": 31, "/": 31 }[char] ?? 0;
});

/**
 * Finds many keywords in one pass over the bytes: the last three bytes are looked up in a table of what any keyword begins
 * with, and only where one does the keywords are compared. A keyword has 3 bytes at least; ASCII letters match in both cases.
 */
export class Scanner {
  /** 0 is none; else the number of a bucket, from 1. */
  readonly #table = new Uint16Array(TABLE_SIZE);
  readonly #buckets: { readonly bytes: Uint8Array; readonly keyword: number }[][] = [[]];

  /** `keywords` in lower case; shorter ones are never found. */
  constructor(keywords: readonly (string | Uint8Array)[] = []) {
    for (const [keyword, text] of keywords.entries()) this.add(text, keyword);
  }

  add(text: string | Uint8Array, keyword: number): void {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    if (bytes.length < 3) return;
    const key = (CLASS[bytes[0]!]! << 10) | (CLASS[bytes[1]!]! << 5) | CLASS[bytes[2]!]!;
    this.#table[key] ||= this.#buckets.push([]) - 1;
    this.#buckets[this.#table[key]!]!.push({ bytes: bytes.map(lower), keyword });
  }

  /** In the order of their places. A place may have several. */
  scan(bytes: Uint8Array, onHit: OnHit): void {
    const table = this.#table;
    const length = bytes.length;
    let line = 0;
    for (let i = 0, key = 0; i < length; i++) {
      const byte = bytes[i]!;
      key = ((key << 5) | CLASS[byte]!) & (TABLE_SIZE - 1);
      if (byte === LF) line++;
      else if (table[key] !== 0 && i >= 2) this.#compare(bytes, i - 2, table[key]!, line, onHit);
    }
  }

  #compare(bytes: Uint8Array, at: number, bucket: number, line: number, onHit: OnHit): void {
    const entries = this.#buckets[bucket]!;
    for (let i = 0; i < entries.length; i++) {
      const { bytes: wanted, keyword } = entries[i]!;
      let same = 0;
      while (same < wanted.length && lower(bytes[at + same] ?? 0) === wanted[same]) same++;
      if (same === wanted.length) onHit(keyword, line);
    }
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
