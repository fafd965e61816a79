import { describe, expect, test } from "bun:test";
import { screenLine } from "../../src/model/screen-line.ts";

describe("a line is what a person sees of it", () => {
  test.each([
    ["plain text stays", "error: total is 42", "error: total is 42"],
    ["tabs stay", "a\tb", "a\tb"],
    ["colours go", "\x1b[31merror:\x1b[0m cannot open \x1b[1;38;5;208mgiraffe\x1b[m", "error: cannot open giraffe"],
    ["what gcc erases behind a colour goes", "\x1b[01m\x1b[Ka.c:1:\x1b[m\x1b[K error", "a.c:1: error"],
    ["the last drawing of a progress bar stays", " 10% ==\r 50% =====\r100% done", "100% done="],
    ["a bar that erases itself leaves nothing", " 50% =====\r\x1b[Kerror: walrus", "error: walrus"],
    ["a shorter redrawing leaves the rest", "abcdef\rXY", "XYcdef"],
    ["spaces that erase are not seen at the end", "loading\r       \rdone", "done"],
    ["a backspace goes back", "abc\b\bX", "aXc"],
    ["bats' columns", "\x1b[1G   add\x1b[K\x1b[77G1/4\x1b[2G\x1b[1G ✗ add\x1b[K", " ✗ add"],
    ["a hyperlink is its text", "see \x1b]8;;https://x.example\x1b\\the page\x1b]8;;\x1b\\ now", "see the page now"],
    ["a title is nothing", "\x1b]0;building\x07ok", "ok"],
    ["C1 is as ESC", "\x9b31mred\x9b0m", "red"],
    ["character sets and other escapes", "\x1b(B\x1b7ok\x1b8\x1b=", "ok"],
    ["a device string", "a\x1bPq#0\x1b\\b", "ab"],
    ["an unfinished sequence", "ok\x1b[3", "ok"],
    ["NUL and BEL", "a\0b\x07", "ab"],
    ["wide characters", "無法\r\x1b[Kerror", "error"],
    ["wide characters take two columns", "無法連接\rabc", "abc 連接"],
    ["half of a wide character that is overwritten is blank", "無法\x1b[2GX", " X法"],
    ["a combining character stays with its letter", "50%\re\u0301", "e\u03010%"],
    ["a string without an end hides nothing", "a\x1b]0;title b", "a0;title b"],
    ["other rows of the screen are other words", "\x1b[1;1Hname\x1b[2;1Hvalue\x1b[2A\x1b[2Kmore", "name value more"],
    ["a form feed does not join words", "one\ftwo", "one two"],
    ["deleting and inserting", "abcd\x1b[4D\x1b[2Pxy\x1b[1@", "xy"],
  ])("%s", (_, text, seen) => expect(screenLine(text)).toBe(seen));
});

test("a cursor that is sent far away costs nothing", () => {
  expect(screenLine("a\x1b[999999999Gb").length).toBeLessThan(70_000);
});

test("6,000 redrawings and long lines of controls take no time", () => {
  const started = performance.now();
  expect(
    screenLine(`${Array.from({ length: 6000 }, (_, i) => `${i} of 6000 downloaded`).join("\r")}\r\x1b[Kerror: walrus`),
  ).toBe("error: walrus");
  screenLine("\x1b[31m".repeat(200_000));
  screenLine("\x1b]".repeat(200_000));
  expect(performance.now() - started).toBeLessThan(3000);
});
