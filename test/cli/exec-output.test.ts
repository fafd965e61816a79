import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { startSuite } from "../support/suite.ts";

const MEGABYTE = 1 << 20;

/** What a step writes, as a shell command, with the bytes that it means. */
const outputs: Record<string, { command: string; bytes: Buffer }> = {
  "nothing at all": { command: "true", bytes: Buffer.alloc(0) },
  "one byte": { command: "printf x", bytes: Buffer.from("x") },
  "no final newline": { command: "printf 'a\\nb'", bytes: Buffer.from("a\nb") },
  "only a newline": { command: "echo", bytes: Buffer.from("\n") },
  "64 KiB exactly": { command: "head -c 65536 /dev/zero | tr '\\0' a", bytes: Buffer.alloc(65536, "a") },
  "64 KiB and one byte": { command: "head -c 65537 /dev/zero | tr '\\0' a", bytes: Buffer.alloc(65537, "a") },
  "NUL bytes": { command: "printf 'a\\0b\\n\\0\\n'", bytes: Buffer.from("a\0b\n\0\n") },
  "invalid UTF-8": { command: "printf '\\377\\376 word\\n\\303'", bytes: Buffer.from("fffe20776f72640ac3", "hex") },
  "CRLF lines": { command: "printf 'a\\r\\nb\\r\\r\\nc\\r'", bytes: Buffer.from("a\r\nb\r\r\nc\r") },
  "one line of 5 MB": {
    command: `head -c ${5 * MEGABYTE} /dev/zero | tr '\\0' z; echo`,
    bytes: Buffer.concat([Buffer.alloc(5 * MEGABYTE, "z"), Buffer.from("\n")]),
  },
};

for (const stream of ["stdout", "stderr"] as const) {
  for (const [what, { command, bytes }] of Object.entries(outputs)) {
    test(`keeps ${what} on ${stream} byte for byte, hashed and sized`, async () => {
      const suite = await startSuite();
      const redirect = stream === "stderr" ? " >&2" : "";
      const { code } = await suite.exec(["--step-num", "7"], ["bash", "-c", `{ ${command}; }${redirect}`]);
      expect(code).toBe(0);
      expect(suite.log(7, stream).equals(bytes)).toBe(true);
      expect(suite.log(7, stream === "stdout" ? "stderr" : "stdout")).toHaveLength(0);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      expect(suite.sql("SELECT kind, path, is_text, size_bytes, sha256 FROM artifacts WHERE kind = ?", stream)).toEqual(
        [{ kind: stream, path: `logs/step-07-${stream}.txt`, is_text: 1, size_bytes: bytes.length, sha256 }],
      );
    });
  }
}

test("indexes both ends of a line of 5 MB, and the line after it", async () => {
  const suite = await startSuite();
  await suite.exec(
    [],
    ["bash", "-c", `echo before; head -c ${5 * MEGABYTE} /dev/zero | tr '\\0' z; echo; echo behind`],
  );
  expect(suite.sql("SELECT line_num, length(text) AS length FROM log_lines_fts ORDER BY line_num")).toEqual([
    { line_num: 1, length: 6 },
    { line_num: 2, length: 16384 + 3 + 8192 },
    { line_num: 3, length: 6 },
  ]);
});

test("keeps and indexes a million lines, in order and without a gap", async () => {
  const suite = await startSuite();
  await suite.exec(["--step-num", "1"], ["seq", "1", "1000000"]);
  expect(suite.log(1, "stdout").length).toBe(6_888_896);
  expect(suite.sql("SELECT count(*) AS n, min(line_num) AS first, max(line_num) AS last FROM log_lines_fts")).toEqual([
    { n: 1_000_000, first: 1, last: 1_000_000 },
  ]);
  expect(suite.sql("SELECT line_num, text FROM log_lines_fts WHERE log_lines_fts MATCH '654321'")).toEqual([
    { line_num: 654321, text: "654321" },
  ]);
});

test("keeps what a step writes to /dev/stderr and /dev/stdout by path", async () => {
  const suite = await startSuite();
  const script =
    "echo one; echo two > /dev/stdout; echo three; echo four > /dev/stderr; echo five >&2; echo six >> /dev/stderr";
  const { code } = await suite.exec(["--step-num", "1"], ["bash", "-c", script]);
  expect(code).toBe(0);
  expect(suite.log(1, "stdout").toString()).toBe("one\ntwo\nthree\n");
  expect(suite.log(1, "stderr").toString()).toBe("four\nfive\nsix\n");
});

test("keeps both streams whole if they are written at the same time, whatever their sizes", async () => {
  const suite = await startSuite();
  const script = `head -c ${8 * MEGABYTE} /dev/zero >&2 & head -c ${9 * MEGABYTE + 1} /dev/zero; wait`;
  await suite.exec(["--step-num", "1"], ["bash", "-c", script]);
  expect(suite.log(1, "stdout").length).toBe(9 * MEGABYTE + 1);
  expect(suite.log(1, "stderr").length).toBe(8 * MEGABYTE);
});

test("uses less than 150 MB of memory for 1 GB of output", async () => {
  const suite = await startSuite();
  const peak = path.join(suite.dir, "peak");
  // The recorder is the step's parent: its peak so far is read when all is written, and stays its peak.
  const script = `head -c 1000000000 /dev/zero; grep VmHWM /proc/$PPID/status > ${peak}`;
  const { code } = await suite.exec(["--step-num", "1"], ["bash", "-c", script]);
  expect(code).toBe(0);
  const file = path.join(suite.dir, "logs/step-01-stdout.txt");
  expect(fs.statSync(file).size).toBe(1_000_000_000);
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(file).stream()) hasher.update(chunk);
  expect(suite.sql("SELECT sha256 FROM artifacts WHERE kind = 'stdout'")).toEqual([{ sha256: hasher.digest("hex") }]);
  const kilobytes = Number(/(\d+) kB/.exec(fs.readFileSync(peak, "utf8"))?.[1]);
  expect(kilobytes).toBeLessThan(150_000);
});

test("loses no byte of many short steps", async () => {
  const suite = await startSuite();
  for (let step = 1; step <= 25; step++) {
    await suite.exec(["--step-num", String(step)], ["bash", "-c", "for i in {1..200}; do echo line $i; done"]);
    expect(suite.log(step, "stdout").length).toBe(1692);
  }
  expect(suite.sql("SELECT count(*) AS n FROM log_lines_fts")).toEqual([{ n: 25 * 200 }]);
});
