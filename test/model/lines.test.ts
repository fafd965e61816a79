import { describe, expect, test } from "bun:test";
import { HEAD_BYTES, LEFT_OUT, LineSplitter, TAIL_BYTES } from "../../src/model/lines.ts";
import { randomOf } from "../support/random.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Splits the bytes, given in chunks of these sizes over and over. The chunk's memory is reused, as a reader does. */
function split(bytes: Uint8Array, sizes: readonly number[] = [bytes.length || 1]): string[] {
  const splitter = new LineSplitter();
  const lines: string[] = [];
  const buffer = new Uint8Array(Math.max(...sizes));
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const chunk = bytes.subarray(at, at + sizes[i % sizes.length]!);
    buffer.fill(0x58);
    buffer.set(chunk);
    splitter.push(buffer.subarray(0, chunk.length), (text) => lines.push(text));
    at += chunk.length;
  }
  const last = splitter.finish();
  return last === null ? lines : [...lines, last];
}

const WHOLE_BYTES = HEAD_BYTES + TAIL_BYTES;

/** States the rules once more in another way: it sees all bytes at once, and looks for half characters at both cuts. */
function naive(bytes: Uint8Array): string[] {
  const lines: number[][] = [[]];
  for (const byte of bytes) {
    if (byte === 0x0a) lines.push([]);
    else lines.at(-1)!.push(byte);
  }
  const endsOpen = lines.at(-1)!.length > 0;
  if (!endsOpen) lines.pop();
  return lines.map((line, i) => {
    const closed = !endsOpen || i < lines.length - 1;
    const content = Uint8Array.from(closed && line.at(-1) === 0x0d ? line.slice(0, -1) : line);
    const decode = (part: Uint8Array, stream: boolean) =>
      new TextDecoder("utf-8", { ignoreBOM: true }).decode(part, { stream });
    if (content.length <= WHOLE_BYTES) return decode(content, false);
    let from = content.length - TAIL_BYTES;
    while ((content[from]! & 0xc0) === 0x80) from++;
    return decode(content.subarray(0, HEAD_BYTES), true) + LEFT_OUT + decode(content.subarray(from), false);
  });
}

describe("bytes become lines:", () => {
  test.each([
    ["nothing", "", []],
    ["one line end", "\n", [""]],
    ["empty lines", "\n\na\n\n", ["", "", "a", ""]],
    ["a last line without an end", "a\nb", ["a", "b"]],
    ["CRLF", "a\r\n\r\nb\r\n", ["a", "", "b"]],
    ["only one CR before the LF is dropped", "a\r\r\n", ["a\r"]],
    ["a CR elsewhere stays", "a\rb\n\rc\nd\r", ["a\rb", "\rc", "d\r"]],
    ["a NUL stays", "a\0b\n", ["a\0b"]],
    ["a byte order mark stays", "\ufeffa\n", ["\ufeffa"]],
  ] as [string, string, string[]][])("%s", (_name, text, lines) => {
    for (const sizes of [[100], [1], [2], [3, 1]]) expect(split(bytesOf(text), sizes)).toEqual(lines);
  });

  test("invalid UTF-8 becomes the replacement character", () => {
    const bytes = Uint8Array.from([0x61, 0xff, 0x62, 0x0a, 0xc3, 0x0a, 0x80, 0xe2, 0x82]);
    expect(split(bytes, [1])).toEqual(["a\ufffdb", "\ufffd", "\ufffd\ufffd"]);
  });
});

describe("a long line", () => {
  test.each([-1, 0, 1, 2, 3, 4])(
    "loses its middle beyond 24 KiB, at %d bytes from that, with and without line ends",
    (more) => {
      const line = `${"x".repeat(HEAD_BYTES)}${"-".repeat(Math.max(0, more))}${"y".repeat(TAIL_BYTES + Math.min(0, more))}`;
      const kept = more > 0 ? `${"x".repeat(HEAD_BYTES)}${LEFT_OUT}${"y".repeat(TAIL_BYTES)}` : line;
      for (const end of ["", "\n", "\r\n"]) {
        for (const sizes of [[1 << 20], [HEAD_BYTES], [1000], [7]])
          expect(split(bytesOf(line + end), sizes)).toEqual([kept]);
      }
    },
  );

  test.each(["é", "€", "🎉"])("is not cut within %s", (character) => {
    const size = bytesOf(character).length;
    for (let before = HEAD_BYTES - size - 1; before <= HEAD_BYTES; before++) {
      const bytes = bytesOf(`${"x".repeat(before)}${character.repeat(WHOLE_BYTES)}\nz\n`);
      const expected = naive(bytes);
      expect(expected.join("")).not.toContain("\ufffd");
      for (const sizes of [[1 << 20], [before + 1], [777]]) expect(split(bytes, sizes)).toEqual(expected);
    }
  });

  test("takes little memory, and the splitter says how long it is", () => {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    const chunk = new Uint8Array(1 << 20).fill(0x78);
    for (let i = 0; i < 64; i++) splitter.push(chunk, (text) => lines.push(text));
    expect([lines.length, splitter.pendingBytes]).toEqual([0, 64 << 20]);
    splitter.push(bytesOf("the end\n"), (text) => lines.push(text));
    expect(lines).toEqual([`${"x".repeat(HEAD_BYTES)}${LEFT_OUT}${"x".repeat(TAIL_BYTES - 7)}the end`]);
    expect([splitter.pendingBytes, splitter.finish()]).toEqual([0, null]);
  });

  test("is cut even if it is no text at all", () => {
    const [line] = split(new Uint8Array(40_000).fill(0x80), [999]);
    expect(line).toBe("\ufffd".repeat(HEAD_BYTES) + LEFT_OUT + "\ufffd".repeat(TAIL_BYTES));
  });
});

test("any text in any chunks gives the lines that it gives as a whole", () => {
  const random = randomOf(20261123);
  const pieces = ["a", "é", "€", "🎉", " ", "\r", "\n", "\r\n", "\n\n", "\0", "\ufeff"];
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  for (let round = 0; round < 300; round++) {
    let text = "";
    for (let i = 0; i < 1 + random() * 40; i++) text += pick(pieces);
    // One in four has a line about as long as what is kept, with wide characters across the cuts.
    if (round % 4 === 0) {
      const filler = "x".repeat(HEAD_BYTES - Math.floor(random() * 12) - (round % 8 === 0 ? 2 : 0));
      const wide = pick(["é", "€", "🎉"]);
      const more = wide.repeat(Math.floor((TAIL_BYTES + random() * 40) / bytesOf(wide).length));
      text = `${text.slice(0, 5)}${filler}${more}${text.slice(5)}`;
    }
    const bytes = bytesOf(text);
    const sizes = Array.from({ length: 5 }, () => 1 + Math.floor(random() * (round % 4 === 0 ? 6000 : 7)));
    expect(split(bytes, sizes)).toEqual(naive(bytes));
  }
});
