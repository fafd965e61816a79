import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { screenLine } from "../../src/model/screen-line.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { Chance } from "./chance.ts";
import { expectNoFaults, inTurns, LONG, SEED } from "./run-cases.ts";

const MINUTES = 60_000;
/** So much of a long line's beginning is kept in the index, and so much of its end. */
const LINE_BYTES = 16_384;
const TAIL_BYTES = 8_192;

/** Text of any length that is hard for terminals, decoders and splitters. */
function outputOf(chance: Chance): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let n = chance.int(30); n > 0; n--) {
    switch (chance.int(9)) {
      case 0:
        parts.push(chance.bytes(chance.int(200)));
        break;
      case 1:
        parts.push(Buffer.from(chance.text().slice(0, 5000)));
        break;
      case 2:
        parts.push(Buffer.from("\n".repeat(chance.int(chance.pick([20, 2000])))));
        break;
      case 3:
        parts.push(Buffer.from("\r".repeat(chance.int(3))), Buffer.from("\n"));
        break;
      case 4:
        parts.push(Buffer.from(chance.pick(["é", "日", "👩", "x"]).repeat(LINE_BYTES / 4 + chance.int(LINE_BYTES))));
        break;
      case 5:
        parts.push(new Uint8Array(chance.int(70_000)).fill(chance.pick([0, 13, 27, 0x80, 0xff])));
        break;
      case 6:
        parts.push(Buffer.from("\u001b[2J\u001b]0;title\u0007\u0085\u2028\u202e"));
        break;
      default:
        parts.push(Buffer.from(`needle ${n}\n`));
    }
  }
  return Buffer.concat(parts);
}

/** The contract's lines, in the plainest way: LF ends one, a CR before it is dropped, cut to whole characters. */
function linesOf(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const lf = bytes.indexOf(10, start);
    const end = lf < 0 ? bytes.length : lf;
    const cut = lf > start && bytes[lf - 1] === 13 ? end - 1 : end;
    lines.push(textOf(bytes.subarray(start, cut)));
    start = end + 1;
  }
  return lines;
}

/** What the index keeps of a line: a long one has both ends, cut between characters, and each is as a person sees it. */
function textOf(line: Uint8Array): string {
  return screenLine(keptOf(line).replace(/[\0\x1c-\x1f]/g, " "));
}

function keptOf(line: Uint8Array): string {
  if (line.length <= LINE_BYTES + TAIL_BYTES) return decoded(line);
  const isInside = (at: number) => (line[at]! & 0xc0) === 0x80;
  const shifts = [0, 1, 2, 3];
  const headEnd = LINE_BYTES - (shifts.find((back) => !isInside(LINE_BYTES - back)) ?? 0);
  const tailAt = line.length - TAIL_BYTES;
  const tailStart = tailAt + (shifts.find((ahead) => !isInside(tailAt + ahead)) ?? 0);
  return `${decoded(line.subarray(0, headEnd))} … ${decoded(line.subarray(tailStart))}`;
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** By step and stream. */
function indexOf(suite: Suite): Map<string, { line_num: number; text: string }[]> {
  const lines = suite.sql(
    `SELECT s.step_num || ' ' || a.kind AS log, l.line_num, l.text FROM log_lines_fts l
     CROSS JOIN artifacts a ON a.artifact_id = l.artifact_id CROSS JOIN steps s ON s.step_id = a.step_id ORDER BY l.rowid`,
  ) as { log: string; line_num: number; text: string }[];
  const index = Map.groupBy(lines, ({ log }) => log);
  return new Map([...index].map(([log, rows]) => [log, rows.map(({ line_num, text }) => ({ line_num, text }))]));
}

test(
  "everything that a step prints is in its files byte for byte, and in the index line by line",
  async () => {
    const suite = await startSuite();
    const count = LONG ? 2000 : 60;
    const outputs = Array.from({ length: count }, (_, number) => {
      const chance = new Chance(SEED, number);
      return { stdout: outputOf(chance), stderr: chance.one(2) ? outputOf(chance) : new Uint8Array() };
    });
    const faults: string[] = [];
    await inTurns(count, async (number) => {
      const files = ["stdout", "stderr"].map((kind) => path.join(suite.dir, `${number}-${kind}`));
      fs.writeFileSync(files[0]!, outputs[number]!.stdout);
      fs.writeFileSync(files[1]!, outputs[number]!.stderr);
      const command = ["sh", "-c", 'cat "$1"; cat "$2" >&2', "-", ...files];
      const { stderr, code } = await suite.exec(["--step-num", String(number)], command);
      if (code !== 0 || stderr.trim().split("\n").length !== 1) faults.push(`case ${number}: ${stderr}`);
    });
    const index = indexOf(suite);
    for (const [number, output] of outputs.entries()) {
      for (const kind of ["stdout", "stderr"] as const) {
        if (!suite.log(number, kind).equals(output[kind])) faults.push(`case ${number}: ${kind} differs`);
        const indexed = index.get(`${number} ${kind}`) ?? [];
        const expected = linesOf(output[kind]).map((text, i) => ({ line_num: i + 1, text }));
        if (!Bun.deepEquals(indexed, expected)) {
          const at = expected.findIndex((line, i) => !Bun.deepEquals(line, indexed[i]));
          const show = (line: unknown) => JSON.stringify(line)?.slice(0, 120);
          faults.push(
            `case ${number}: ${kind} has ${indexed.length} lines of ${expected.length}: ${show(indexed[at])} for ${show(expected[at])}`,
          );
        }
      }
    }
    expectNoFaults(faults);
    expect((await suite.verb("verify", ["--output", "json"])).stdout).toBe("[]\n");
  },
  60 * MINUTES,
);

test(
  "no report prints a step's output raw, whatever it is",
  async () => {
    const suite = await startSuite();
    await inTurns(LONG ? 300 : 20, async (number) => {
      const chance = new Chance(SEED, number);
      const file = path.join(suite.dir, `${number}.bin`);
      fs.writeFileSync(
        file,
        Buffer.concat([Buffer.from("needle "), outputOf(chance), Buffer.from("\nneedle \u001b[2Jx\u009b1m\n")]),
      );
      await suite.exec(["--step-num", String(number)], ["cat", file]);
    });
    for (const format of ["table", "markdown", "html"]) {
      const { stdout, code } = await suite.verb("search", ["--query", "needle", "--limit", "-1", "--output", format]);
      expect(code).toBe(0);
      const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.exec(stdout);
      expect({ format, raw: raw && JSON.stringify(stdout.slice(raw.index - 20, raw.index + 20)) }).toEqual({
        format,
        raw: null,
      });
    }
  },
  10 * MINUTES,
);
