import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program, run } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

let suite: Suite;
const LONG = "x".repeat(5000);

beforeAll(async () => {
  suite = await startSuite();
  await suite.exec(["--step-num", "1", "--name", "long"], ["bash", "-c", "seq 100000; echo err >&2; exit 1"]);
});

/** One line that names what went wrong, in words, and at most one that says what to do. */
function expectOneLine(words: readonly string[], { stderr, code }: { stderr: string; code: number | null }): void {
  const what = words.map((word) => word.slice(0, 60));
  const lines = stderr.trimEnd().split("\n");
  expect({ what, failed: code !== null && code > 0 }).toEqual({ what, failed: true });
  expect({ what, first: lines[0]!.slice(0, 200) }).toEqual({
    what,
    first: expect.stringMatching(/^Error: (?!E[A-Z]{3,})/),
  });
  expect(lines.length).toBeLessThanOrEqual(2);
  expect(stderr).not.toMatch(/has a defect|^\s+at |errno|syscall:/m);
}

describe("what the system refuses is said in one line", () => {
  test("whatever it is, and whichever verb asked", async () => {
    const db = ["--db", suite.db];
    fs.writeFileSync(path.join(suite.dir, "file"), "");
    for (const words of [
      ["steps", "--db", LONG],
      ["steps", "--db", `${suite.dir}/file/x.db`],
      ["steps", "--db", suite.dir],
      ["steps", ...db, "--output-file", suite.dir],
      ["steps", ...db, "--output-file", LONG],
      ["steps", ...db, "--output-file", `${suite.dir}/file/x`],
      ["search", ...db, "--query", "x", "--output-file", "/proc/nope"],
      ["record", "--db", `${suite.dir}/new.db`, LONG],
      ["record", "--dry-run", LONG],
      ["record", "--dry-run", `${suite.dir}/file/x`],
      ["run", "start", "--db", `${suite.dir}/new.db`, "--root-dir", suite.dir, "--kv", `@${suite.dir}`],
      ["run", "start", "--db", `${suite.dir}/file/x.db`, "--root-dir", suite.dir],
    ]) {
      expectOneLine(words, await run([...program, ...words], { cwd: suite.dir }));
    }
  });

  test.if(process.platform === "linux")("also where stdout is full", async () => {
    for (const words of [
      ["steps"],
      ["why"],
      ["log", "1"],
      ["log", "1", "--grep", "1", "--timestamps"],
      ["search", "--query", "err"],
    ]) {
      const argv = [...program, ...words, "--db", suite.db];
      expectOneLine(words, await run(["sh", "-c", '"$@" >/dev/full', "-", ...argv]));
    }
  });

  test("and nothing is said if the reader is gone", async () => {
    for (const words of [
      ["log", "1"],
      ["log", "1", "--grep", "1"],
      ["log", "1", "--grep", "1", "--timestamps"],
      ["why"],
    ]) {
      const argv = [...program, ...words, "--db", suite.db];
      const { stderr } = await run(["bash", "-c", '"$@" | head -c 1; echo $PIPESTATUS >&2', "-", ...argv]);
      expect({ words, stderr: stderr.replace(/^\[scenariolog\] note: .*\n/, "") }).toEqual({ words, stderr: "0\n" });
    }
  });

  test.if(process.getuid?.() === 0 && Bun.which("setpriv") !== null)("also where it is not allowed", async () => {
    const other = await startSuite();
    await other.exec(["--step-num", "1"], ["bash", "-c", "echo out; exit 1"]);
    fs.chmodSync(other.dir, 0o755);
    fs.chmodSync(path.join(other.dir, "logs/step-01-stdout.txt"), 0o600);
    const asNobody = (words: readonly string[]) =>
      run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...program, ...words], { cwd: other.dir });
    if ((await asNobody(["--version"])).code !== 0) return;
    for (const words of [
      ["log", "1", "--db", other.db, "--stdout"],
      ["steps", "--db", other.db, "--output-file", "x.csv"],
      ["run", "start", "--db", "new.db", "--root-dir", "."],
    ]) {
      expectOneLine(words, await asNobody(words));
    }
    expect((await asNobody(["why", "--db", other.db])).stderr).not.toContain("defect");
  });
});
