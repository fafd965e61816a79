import { describe, expect, test } from "bun:test";
import { LineMatcher } from "../../src/model/line-matcher.ts";
import { linePatternOf } from "../../src/model/line-pattern.ts";

/** The plainest way: each line by itself. */
function oneByOne(pattern: RegExp, bytes: Buffer): [number, number][] {
  const found: [number, number][] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(10, start) + 1 || bytes.length;
    const line = bytes.toString("utf8", start, end).replace(/\r?\n$/, "");
    if (new RegExp(pattern).test(line)) {
      const last = found.at(-1);
      if (last !== undefined && last[1] === start) last[1] = end;
      else found.push([start, end]);
    }
    start = end;
  }
  return found;
}

const patterns = [
  ..."a|x|ab|^a|b$|^$|^ab$|a.b|a.*b|a.+b|a.?b|a.{2}b|a[^b]|a[^b]*$|a[^b]+|[^a]|[^ab]$|\\s|\\S|\\d|\\D|\\w|\\W|\\s$|^\\s|\\W$".split(
    "|",
  ),
  ..."a\\s+b|a\\sb|[\\s\\S]|[\\s,]b|[\\d\\s]+$|[^\\s]|[^\\D]|[^\\W]$|[ab]|[^]|[]|a[^]b|(?:a|b)$|\\bb|b\\b|\\Bb|b\\B|\\r|\\r$|\\t|\\x61".split(
    "|",
  ),
  ..."\\u0061|\\n|a\\nb|[\\n]|[^\\n]|\\0|\\x0a|[\\x00-\\x1f]|[\\t-\\r]|a(?!b)|a(?!.)|a(?![^x])|a(?!\\s)|a(?=$)|(?<=^)a|(?<!a)b|(?<!a)(?!a)|(?<!b)(?!b)".split(
    "|",
  ),
  ..."(?<!\\s)b|(?<![^a])b|(a|b)\\1|(.)\\1|(?<q>a)\\k<q>|x*|a*$|^b*|é|\u00e9.|.\u00e9|\ud83d|\ud83d\ude00|\u2028|\ufffd|\ufeff|a{2}|a{1,2}b".split(
    "|",
  ),
  ..."[^]$|^.$|^..$|^.+$|^[^a]+$|[^a]+[^b]+|.+.+$|[é]|[^é]|\\.|\\[|\\]|]|{|}|a{|\\/|\\$|\\^|a\\|b|[|]|\\c|\\cJ|(?i:A)|(?s:a.b)|(?m:^b)".split(
    "|",
  ),
  ..."a||b|(?:)|()|(a)?$|\\b|\\B|.|.$|^.|$|^".split(/(?<=\w)\|(?=\|)|\|(?!\|)/),
].filter((source) => {
  try {
    return new RegExp(source) !== null;
  } catch {
    return false;
  }
});

const parts = [
  "a",
  "b",
  "ab",
  "x",
  "é",
  "😀",
  "\ufffd",
  "\ufeff",
  "\u2028",
  "\u2029",
  "\u3000",
  "\u00a0",
  "\r",
  "\t",
  " ",
  "1",
  ",",
  "\0",
];

function textOf(random: () => number): Buffer {
  const pieces: Buffer[] = [];
  const kinds = [["a", "b", "ab", "x", " ", "1"], ["b", "é"], parts, parts][Math.floor(random() * 4)]!;
  for (let n = Math.floor(random() * 24); n > 0; n--) {
    const at = random();
    if (at < 0.25) pieces.push(Buffer.from(random() < 0.3 ? "\r\n" : "\n"));
    else if (at < 0.3 && kinds === parts) pieces.push(Buffer.from([0x80 + Math.floor(random() * 128)]));
    else pieces.push(Buffer.from(kinds[Math.floor(random() * kinds.length)]!));
  }
  return Buffer.concat(pieces);
}

describe("the lines that match", () => {
  test("are those that match one by one, whatever the pattern, the text and its line ends", () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state / 0x7fffffff;
    };
    const texts = Array.from({ length: 400 }, () => textOf(random));
    for (const source of patterns) {
      const pattern = new RegExp(source);
      const matcher = new LineMatcher(pattern);
      for (const bytes of texts) {
        const found = [...matcher.rangesIn(bytes)].map((range) => [...range]);
        const expected = oneByOne(pattern, bytes);
        if (!Bun.deepEquals(found, expected)) {
          expect({ seed, source, text: bytes.toString("latin1"), found }).toEqual({
            seed,
            source,
            text: bytes.toString("latin1"),
            found: expected,
          });
        }
      }
    }
    expect(patterns.length).toBeGreaterThan(100);
  });

  test("are searched in many lines at once if the pattern allows it", () => {
    for (const source of ["needle", "a.*b", "^\\s+at ", "(?<!x)y", "error|fail", "[^,]+;", "[\\s\\S]"]) {
      expect(linePatternOf(new RegExp(source))).not.toBeNull();
    }
    for (const source of ["a\\nb", "(?s:.)", "\\cJ", "(?<q>a)\\k<q>"])
      expect(linePatternOf(new RegExp(source))).toBeNull();
  });
});
