import { expect, test } from "bun:test";
import { FREQUENT_WORD, logLines, nextLines } from "../../scripts/bench/log-lines.ts";

const shape = { seed: 1, lineBytes: 117 };

test("a seed makes the same log every time, and another seed a different one", () => {
  const text = nextLines(logLines(shape), 1000);
  expect(nextLines(logLines(shape), 1000)).toBe(text);
  expect(nextLines(logLines({ ...shape, seed: 2 }), 1000)).not.toBe(text);
  expect(Bun.hash.crc32(text).toString(16)).toMatchInlineSnapshot(`"f6512628"`);
});

test("every line has the bytes that were asked for, with its LF, and is plain text", () => {
  for (const lineBytes of [64, 117]) {
    const lines = nextLines(logLines({ ...shape, lineBytes }), 1200).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines.filter((line) => line.length + 1 !== lineBytes)).toEqual([]);
    expect(lines.filter((line) => /[^ -~]/.test(line))).toEqual([]);
  }
});

test("the frequent word is in every sixth line, whole", () => {
  const lines = nextLines(logLines({ ...shape, lineBytes: 64 }), 1200).split("\n");
  const having = lines.flatMap((line, i) => (line.split(" ").includes(FREQUENT_WORD) ? [i] : []));
  expect(having).toEqual(Array.from({ length: 200 }, (_, i) => i * 6));
});
