import { expect, test } from "bun:test";
import { decodeMarks, type Marks, MarkTape } from "../../src/files/timeline.ts";

/** What is left of chunks, each at a moment, by stream and size. */
function recorded(chunks: Iterable<readonly [number, "stdout" | "stderr", number]>): Marks {
  const tape = new MarkTape(1000);
  const sizes = { stdout: 0, stderr: 0 };
  for (const [atMs, stream, bytes] of chunks) {
    sizes[stream] += bytes;
    tape.grown(stream, sizes[stream], 1000 + atMs);
  }
  return decodeMarks(tape.encode()!)!;
}

test("what a stream writes within 10 ms is one mark, and the two streams keep theirs apart", () => {
  const { marks, resolutionMs } = recorded([
    [0.4, "stdout", 5],
    [3, "stderr", 2],
    [9.9, "stdout", 6],
    [10.2, "stdout", 1],
    [12, "stderr", 3],
    [13, "stderr", 4],
  ]);
  expect(resolutionMs).toBe(10);
  expect(marks).toEqual([
    { atMs: 0, stream: "stdout", bytes: 11 },
    { atMs: 3, stream: "stderr", bytes: 5 },
    { atMs: 10, stream: "stdout", bytes: 1 },
    { atMs: 13, stream: "stderr", bytes: 4 },
  ]);
});

test("times and sizes of a week and of terabytes are kept exactly", () => {
  const week = 7 * 24 * 3600 * 1000;
  expect(
    recorded([
      [week, "stderr", 3 * 2 ** 40],
      [2 * week, "stdout", 127],
      [2 * week + 128, "stdout", 128],
    ]).marks,
  ).toEqual([
    { atMs: week, stream: "stderr", bytes: 3 * 2 ** 40 },
    { atMs: 2 * week, stream: "stdout", bytes: 127 },
    { atMs: 2 * week + 128, stream: "stdout", bytes: 128 },
  ]);
});

test("a step that never stops printing gets coarser marks, no more of them, and loses no byte", () => {
  const chunks = 900_000;
  const all = function* () {
    for (let i = 0; i < chunks; i++) yield [i * 10, i % 2 ? "stderr" : "stdout", i % 7] as const;
  };
  const { marks, resolutionMs } = recorded(all());
  expect(resolutionMs).toBeGreaterThan(10);
  expect(marks.length).toBeLessThanOrEqual(200_000);
  const sum = (stream: string) => marks.reduce((all, mark) => all + (mark.stream === stream ? mark.bytes : 0), 0);
  const [out, err] = [0, 0].map((_, which) => {
    let bytes = 0;
    for (let i = which; i < chunks; i += 2) bytes += i % 7;
    return bytes;
  });
  expect({ out: sum("stdout"), err: sum("stderr") }).toEqual({ out: out!, err: err! });
  for (const stream of ["stdout", "stderr"]) {
    const times = marks.filter((mark) => mark.stream === stream).map(({ atMs }) => atMs);
    expect(times.every((time, i) => i === 0 || time - times[i - 1]! >= resolutionMs)).toBe(true);
  }
});

test("a step that printed nothing has no marks, and what is no encoding of marks is none", () => {
  expect(new MarkTape(0).encode()).toBeNull();
  for (const bytes of [[], [2, 10, 0, 1], [1], [1, 0x80], [1, 10, 5], [1, 10, ...Array(12).fill(0xff)]]) {
    expect(decodeMarks(Uint8Array.from(bytes))).toBeNull();
  }
});
