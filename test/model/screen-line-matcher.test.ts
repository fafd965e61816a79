import { describe, expect, test } from "bun:test";
import { LineMatcher } from "../../src/model/line-matcher.ts";
import { screenLine } from "../../src/model/screen-line.ts";
import { ScreenLineMatcher } from "../../src/model/screen-line-matcher.ts";
import { randomOf } from "../support/random.ts";

function found(pattern: RegExp, text: string): string[] {
  const bytes = Buffer.from(text);
  const matcher = new ScreenLineMatcher(new LineMatcher(pattern));
  return [...matcher.rangesIn(bytes)].map(([from, to]) => bytes.toString("utf8", from, to));
}

describe("lines match as a person sees them", () => {
  test.each<[string, RegExp, string, string[]]>([
    ["a colour before the word", /^error/, "a\n\x1b[31merror:\x1b[0m x\nb\n", ["\x1b[31merror:\x1b[0m x\n"]],
    ["a colour is no text", /31m/, "\x1b[31merror\x1b[0m\n31m\n", ["31m\n"]],
    ["what was redrawn is gone", /50%/, "50%\r100%\n50%\n", ["50%\n"]],
    ["what stays", /^error: walrus$/, "50%\r\x1b[Kerror: walrus\r\nb\r\n", ["50%\r\x1b[Kerror: walrus\r\n"]],
    ["CRLF is a line end", /b$/, "ab\r\nb\x1b[0m\r\nc\r\n", ["ab\r\nb\x1b[0m\r\n"]],
    ["C1", /^red$/, "\x9b31mred\x9b0m\nx\n", ["\x9b31mred\x9b0m\n"]],
    ["no LF at the end", /b/, "a\n\x1b[1mb", ["\x1b[1mb"]],
  ])("%s", (_, pattern, text, lines) => {
    expect(found(pattern, text)).toEqual(lines);
    const matcher = new ScreenLineMatcher(new LineMatcher(pattern));
    for (const line of text.match(/[^\n]*\n|[^\n]+$/g)!) {
      expect([line, matcher.matches(Buffer.from(line))]).toEqual([line, lines.join("").includes(line)]);
    }
  });

  test("in any mixture, each where it stands in the file", () => {
    const random = randomOf(5);
    const pieces = ["a", "error", "\x1b[31m", "\x1b[0m", "\r", "\n", "\r\n", "é", "\b", "\x1b[K", "x", " "];
    for (let round = 0; round < 500; round++) {
      const text = Array.from({ length: 30 }, () => pieces[Math.floor(random() * pieces.length)]).join("");
      for (const pattern of [/error/, /^a/, /x$/, /^$/, /é/, /m/]) {
        const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
        const expected = lines.filter((line) => pattern.test(screenLine(line.replace(/\r?\n$/, ""))));
        expect({ text, pattern, found: JSON.stringify(found(pattern, text).join("")) }).toEqual({
          text,
          pattern,
          found: JSON.stringify(expected.join("")),
        });
      }
    }
  });
});
