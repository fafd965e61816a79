import { describe, expect, test } from "bun:test";
import { HEAD_BYTES, LEFT_OUT, TAIL_BYTES } from "../../src/model/lines.ts";
import { KeyState, Redactor } from "../../src/model/redact/redactor.ts";
import { splitterFor, toIndexTexts } from "../../src/recorder/index/index-text.ts";

const TOKEN = `ghp_${"A1b2C3d4E5f6".repeat(3)}`;
const redactor = () => new Redactor({ patterns: [], environment: {} });

/** What the index holds of a log, with and without redaction. */
function indexTexts(log: string, by: Redactor | null = redactor()): string[] {
  const lines: string[] = [];
  const splitter = splitterFor(by ?? undefined);
  splitter.push(new TextEncoder().encode(log), (text) => lines.push(text));
  const last = splitter.finish();
  if (last !== null) lines.push(last);
  toIndexTexts(lines, new KeyState(), by ?? undefined);
  return lines;
}

describe("the index holds what a person sees", () => {
  test.each([
    ["plain text", "error: total is 42\n", ["error: total is 42"]],
    ["colours", "\x1b[31merror:\x1b[0m cannot open giraffe\nb\n", ["error: cannot open giraffe", "b"]],
    ["a redrawn line", " 10%\r 50%\r\x1b[Kerror: walrus\r\n", ["error: walrus"]],
    ["words that NUL separates", "one\0two\n", ["one two"]],
    ["lines that nothing is left of", "a\n50%\r\x1b[K\nb\n", ["a", "", "b"]],
  ])("of %s", (_, log, lines) => {
    expect(indexTexts(log)).toEqual(lines);
    expect(indexTexts(log, null)).toEqual(lines);
  });

  test("of 6,000 updates and an error in one line", () => {
    const updates = Array.from({ length: 6000 }, (_, i) => `${i} of 6000 files downloaded, please wait`).join("\r");
    expect(indexTexts(`${updates}\r\x1b[Kerror: walrus\nnext\n`)).toEqual(["error: walrus", "next"]);
  });

  test("of both ends of a long line", () => {
    const [text] = indexTexts(`first ${"x ".repeat(100_000)}last\n`);
    const [head, tail] = text!.split(LEFT_OUT) as [string, string];
    expect([head.slice(0, 9), head.length]).toEqual(["first x x", HEAD_BYTES]);
    expect([tail.slice(-8), tail.length]).toEqual(["x x last", TAIL_BYTES]);
  });
});

describe("no secret gets into the index", () => {
  test.each([
    ["in colours", `\x1b[32m${TOKEN.slice(0, 9)}\x1b[0m${TOKEN.slice(9)}`],
    ["that a redrawing hides half of", `${TOKEN}\rxx`],
    ["that redrawing puts together", `${TOKEN.slice(0, 8)}??\b\b${TOKEN.slice(8)}`],
  ])("%s", (_, line) => {
    const [text] = indexTexts(`${line}\n`);
    expect(text).not.toContain(TOKEN.slice(10, 30));
    // The rule has something to do: without it the text is there.
    expect(indexTexts(`${line}\n`, null).join("")).toContain(TOKEN.slice(10, 30));
  });

  test("whatever part of it the middle of a long line takes away", () => {
    for (let inHead = 0; inHead <= TOKEN.length; inHead += 4) {
      const head = `${"x".repeat(HEAD_BYTES - inHead - 1)} ${TOKEN} `;
      const tail = ` ${TOKEN} ${"y".repeat(TAIL_BYTES - (TOKEN.length - inHead) - 1)}`;
      const [text] = indexTexts(`${head}${"z ".repeat(20_000)}${tail}\n`);
      for (let at = 0; at + 6 <= TOKEN.length; at++) expect(text).not.toContain(TOKEN.slice(at, at + 6));
    }
  });
});
