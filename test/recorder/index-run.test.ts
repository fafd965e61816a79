import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { HEAD_BYTES, LEFT_OUT, TAIL_BYTES } from "../../src/model/lines.ts";
import { indexLog } from "../../src/recorder/index/index-log.ts";
import { insertArtifact } from "../../src/store/artifacts.ts";
import { indexStateOf } from "../../src/store/lines.ts";
import { openForWriting } from "../../src/store/open.ts";
import { insertRun } from "../../src/store/runs.ts";
import type { Store } from "../../src/store/store.ts";
import { cleanEnv, program, scenariolog, tempDir } from "../support/program.ts";

interface Fixture {
  readonly db: string;
  readonly log: string;
  readonly store: Store;
  readonly target: { runId: string; artifactId: number };
}

/** A run with one log that is recorded and not indexed. */
function recorded(text: string): Fixture {
  const dir = tempDir();
  const [db, log] = [path.join(dir, "x.db"), path.join(dir, "log.txt")];
  fs.writeFileSync(log, text);
  const store = openForWriting(db, { create: true });
  insertRun(store, { run_id: "r", root_dir: dir, suite: null, started_at: "2024-01-01T00:00:00Z" });
  const sha256 = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  const artifact = { kind: "stdout", path: "log.txt", sizeBytes: Buffer.byteLength(text), sha256 };
  const artifactId = insertArtifact(store, { runId: "r", stepId: null }, artifact);
  return { db, log, store, target: { runId: "r", artifactId } };
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}`).join("\n");
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const indexFts = (db: string) => scenariolog(["index", "fts", "--db", db, "--run-id", "r"]);

function indexed(store: Store): { line_num: number; text: string }[] {
  return store.all("SELECT line_num, text FROM log_lines_fts ORDER BY rowid");
}

function lineNumbers(store: Store): number[] {
  return indexed(store).map((line) => line.line_num);
}

describe("index fts", () => {
  test.each([
    ["nothing", "", 0, "0 lines added from 0 artifacts\n"],
    ["one byte", "x", 1, "1 line added from 1 artifact\n"],
    ["an empty line", "\n", 1, "1 line added from 1 artifact\n"],
    ["no final line end", "a\nb", 2, "2 lines added from 1 artifact\n"],
    ["CRLF and empty lines", "a\r\n\r\nb\n", 3, "3 lines added from 1 artifact\n"],
  ])("adds every line of a log with %s, says how many, and adds none again", async (_name, text, count, said) => {
    const { db, store } = recorded(text);
    expect(await indexFts(db)).toEqual({ stdout: said, stderr: "", code: 0, signal: null });
    expect(lineNumbers(store)).toEqual(upTo(count));
    expect(await indexFts(db)).toMatchObject({ stdout: "0 lines added from 0 artifacts\n", stderr: "", code: 0 });
    store.close();
  });

  test("goes on where an interrupted one stopped, without a line twice or left out", async () => {
    const text = numbered(25_000);
    const { db, log, store, target } = recorded(text);
    let transactions = 0;
    const { lines: first } = await indexLog(store, target, log, { stop: () => ++transactions === 2 });
    expect(first).toBeWithin(1, 25_000);
    expect(indexStateOf(store, target.artifactId)).toMatchObject({ state: "partial", lines: first });
    const search = await scenariolog(["search", "--db", db, "--query", "line", "--limit", "1", "--select", "text"]);
    expect(search).toEqual({
      stdout: "line 1\n",
      stderr: "[scenariolog] note: 1 log is not wholly indexed; see: scenariolog index fts --help\n",
      code: 0,
      signal: null,
    });
    expect(await indexFts(db)).toMatchObject({
      stdout: `${25_000 - first} lines added from 1 artifact\n`,
      stderr: "",
      code: 0,
    });
    expect(indexed(store)).toEqual(text.split("\n").map((line, i) => ({ line_num: i + 1, text: line })));
    expect(indexStateOf(store, target.artifactId)).toMatchObject({ state: "complete", lines: 25_000 });
    store.close();
  });

  test("may run several times at once: each line is added by one of them", async () => {
    const { db, store } = recorded(numbered(30_000));
    const results = await Promise.all([indexFts(db), indexFts(db), indexFts(db)]);
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: "" }));
    const added = results.map(({ stdout }) => Number.parseInt(stdout, 10)).reduce((sum, lines) => sum + lines, 0);
    expect(added).toBe(30_000);
    expect(lineNumbers(store)).toEqual(upTo(30_000));
    store.close();
  });

  test("may be killed at any moment: the next one adds what is missing", async () => {
    const { db, store, target } = recorded(numbered(100_000));
    for (const lines of [1, 10_001, 20_001]) {
      const argv = [...program, "index", "fts", "--db", db, "--run-id", "r"];
      const child = Bun.spawn(argv, { env: cleanEnv, stdout: "ignore" });
      while (child.exitCode === null && indexStateOf(store, target.artifactId)!.lines < lines) await Bun.sleep(0);
      child.kill("SIGKILL");
      await child.exited;
    }
    expect(indexStateOf(store, target.artifactId)).toMatchObject({ state: "partial" });
    expect(await indexFts(db)).toMatchObject({ stderr: "", code: 0 });
    expect(lineNumbers(store)).toEqual(upTo(100_000));
    store.close();
  });

  test("takes long lines in small portions, so that neither memory nor the write lock is held for long", async () => {
    const { log, store, target } = recorded(`${"x".repeat(40_000)}\n`.repeat(400));
    const portions: number[] = [];
    const stop = () => portions.push(indexStateOf(store, target.artifactId)!.bytes) === 0;
    expect((await indexLog(store, target, log, { stop })).lines).toBe(400);
    const sizes = portions.map((bytes, i) => bytes - (portions[i - 1] ?? 0));
    expect(portions.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThan(3 << 20);
    expect(indexed(store).every((line) => line.text.length === HEAD_BYTES + LEFT_OUT.length + TAIL_BYTES)).toBe(true);
    store.close();
  });

  test("takes the bytes that were recorded, also where more were appended since", async () => {
    const { db, log, store } = recorded("one\ntwo\n");
    fs.appendFileSync(log, "three\n");
    expect(await indexFts(db)).toMatchObject({ stdout: "2 lines added from 1 artifact\n", code: 0 });
    expect(indexed(store).map((line) => line.text)).toEqual(["one", "two"]);
    store.close();
  });

  const remakeAsDirectory = (log: string) => {
    fs.rmSync(log);
    fs.mkdirSync(log);
  };
  test.each([
    ["changed", (log) => fs.writeFileSync(log, "one\ntwO\n"), "is not what was recorded: its size or sha256 differs"],
    ["shortened", (log) => fs.truncateSync(log, 4), "is not what was recorded: its size or sha256 differs"],
    ["removed", (log) => fs.rmSync(log), "is not there"],
    ["replaced by a directory", remakeAsDirectory, "is not a regular file"],
  ] as [string, (log: string) => void, string][])(
    "leaves out a log that was %s, and says so",
    async (_name, spoil, why) => {
      const { db, log, store } = recorded("one\ntwo\n");
      spoil(log);
      expect(await indexFts(db)).toEqual({
        stdout: "0 lines added from 0 artifacts\n",
        stderr: `[scenariolog] warning: log.txt ${why}; its lines are not indexed\n`,
        code: 1,
        signal: null,
      });
      expect(indexed(store)).toEqual([]);
      store.close();
    },
  );
});
