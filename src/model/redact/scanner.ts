/** One keyword found: its number, and in which line, from 0. */
export type OnHit = (keyword: number, line: number) => void;

const LF = 0x0a;
/** Three bytes, of 5 bits each. */
const TABLE_SIZE = 1 << 15;

/** Letters of both cases, and the marks in tokens, to 5 bits; what differs may become the same. */
function classes(): Uint8Array {
  const table = new Uint8Array(256);
  for (let letter = 1; letter <= 26; letter++) table[0x40 + letter] = table[0x60 + letter] = letter;
  table.fill(27, 0x30, 0x3a);
  for (const [char, number] of [
    ["_", 28],
    ["-", 29],
    [".", 30],
    [":", 31],
    ["/", 31],
  ] as const) {
    table[char.charCodeAt(0)] = number;
  }
  return table;
}

/**
 * Finds many keywords in one pass over the bytes: the last three bytes are looked up in a table of what any keyword begins
 * with, and only where one does the keywords are compared. A keyword has 3 characters at least; ASCII letters match in both cases.
 */
export class Scanner {
  /** 0 is none; else the number of a bucket, from 1. */
  readonly #table = new Uint16Array(TABLE_SIZE);
  readonly #classes = classes();
  readonly #buckets: { readonly word: string; readonly keyword: number }[][] = [[]];

  /** `word` has its ASCII letters in lower case, and each of its characters is one byte. A shorter one than 3 characters is never found. */
  add(word: string, keyword: number): void {
    if (word.length < 3) return;
    const classOf = this.#classes;
    const key =
      (classOf[word.charCodeAt(0)]! << 10) | (classOf[word.charCodeAt(1)]! << 5) | classOf[word.charCodeAt(2)]!;
    this.#table[key] ||= this.#buckets.push([]) - 1;
    this.#buckets[this.#table[key]!]!.push({ word, keyword });
  }

  /** In the order of their places. A place may have several. */
  scan(bytes: Uint8Array, onHit: OnHit): void {
    const table = this.#table;
    const classOf = this.#classes;
    const length = bytes.length;
    let line = 0;
    for (let i = 0, key = 0; i < length; i++) {
      const byte = bytes[i]!;
      key = ((key << 5) | classOf[byte]!) & (TABLE_SIZE - 1);
      if (byte === LF) line++;
      else if (table[key] !== 0 && i >= 2) this.#compare(bytes, i - 2, table[key]!, line, onHit);
    }
  }

  #compare(bytes: Uint8Array, at: number, bucket: number, line: number, onHit: OnHit): void {
    const entries = this.#buckets[bucket]!;
    for (let i = 0; i < entries.length; i++) {
      const { word, keyword } = entries[i]!;
      let same = 0;
      while (same < word.length && lower(bytes[at + same] ?? 0) === word.charCodeAt(same)) same++;
      if (same === word.length) onHit(keyword, line);
    }
  }
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
