import { randomOf } from "../support/random.ts";

/** Strings on which programs often fail. None holds a `/`: a path must not lead out of the test's directory. */
const ODD = [
  ...["", " ", "-", "--", "---", "=", "--=", "-=", "--x=", "-h", "--help", "--help=", "-1", "+1", "-0", "0", "1e3"],
  ...["0x10", "1.5", "NaN", "Infinity", "9999999999999999999", "-9223372036854775808", "٣", "null", "true", "false"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "length", "latest", "@", "@x", "a:b", ":"],
  ...["a=b", "a,b", ",", '"', '"a', '"a,b":"c"', "'", "a:b,", "\\", "%s%n", "$(id)", "`id`", "*", "~", "#", ";", "|"],
  ...["\n", "\r\n", "a\nb", "\t", "\u001b[31m", "\u001b]0;x\u0007", "\u007f", "\u0085", "\u200b", "\u202e", "\ufeff"],
  ...[
    "é",
    "e\u0301",
    "日本語",
    "👩‍👩‍👧‍👦",
    "\u{10ffff}",
    "\ud800",
    "\ufffd",
    "ß".repeat(300),
    "x".repeat(300),
    "z".repeat(253),
    "y".repeat(100_000),
  ],
  ...["NEAR(a b)", "a AND", "(", ")", "a*", "^a", "{a}", "col:x", '"unbalanced', "1970-01-01T00:00:00Z"],
];

/** Random choices of one case. The same seed and number make the same case. */
export class Chance {
  readonly #next: () => number;

  constructor(seed: number, number: number) {
    this.#next = randomOf(Number(Bun.hash(`${seed}/${number}`) & 0xffffffffn));
  }

  /** True one time in `times`. */
  one(times: number): boolean {
    return this.int(times) === 0;
  }

  /** From 0 to below `end`. */
  int(end: number): number {
    return Math.floor(this.#next() * end);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.int(choices.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }

  text(): string {
    if (!this.one(3)) return this.pick(ODD);
    const length = this.int(12);
    return Array.from({ length }, () => String.fromCodePoint(1 + this.int(this.pick([0x7f, 0x500, 0xd000]))))
      .join("")
      .replaceAll("/", "_");
  }
}
