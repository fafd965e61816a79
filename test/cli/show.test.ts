import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { bash } from "../support/program.ts";
import { execArgs } from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const MEGABYTE = 1 << 20;
const summaryLine = /^\[scenariolog\] step=.* exit=\d+ .*\n(Error: step .*\n)?$/;

/** `exec` as part of a shell script. */
function line(suite: Suite, flags: readonly string[], command: string): string {
  const words = execArgs(suite, flags, ["bash", "-c", command]);
  return `scenariolog ${words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ")}`;
}

describe("exec --show", () => {
  const command = "echo out; echo err >&2; printf 'no end'; exit 3";

  test("shows nothing by default, or with none", async () => {
    const suite = await startSuite();
    for (const flags of [[], ["--show", "none"]]) {
      const { stdout, stderr, code } = await suite.exec(flags, ["bash", "-c", command]);
      expect({ stdout, code }).toEqual({ stdout: "", code: 3 });
      expect(stderr).toMatch(summaryLine);
    }
  });

  test("copies both streams to ours, or one, byte for byte, and keeps them all the same", async () => {
    const suite = await startSuite();
    for (const [show, out, err] of [
      ["all", "out\nno end", "err\n"],
      ["stdout", "out\nno end", ""],
      ["stderr", "", "err\n"],
    ] as const) {
      const { stdout, stderr, code } = await suite.exec(["--step-num", "1", "--show", show], ["bash", "-c", command]);
      expect({ show, stdout, code }).toEqual({ show, stdout: out, code: 3 });
      expect(stderr.slice(0, err.length)).toBe(err);
      expect(stderr.slice(err.length)).toMatch(summaryLine);
      expect(suite.log(1, "stdout").toString()).toBe("out\nno end");
      expect(suite.log(1, "stderr").toString()).toBe("err\n");
    }
  });

  test("shows of a failed step the last 50 lines of stderr, then of stdout, and of one that passed nothing", async () => {
    const suite = await startSuite();
    const failed = await suite.exec(
      ["--step-num", "1", "--show", "failed"],
      ["bash", "-c", "seq 200; seq 3 >&2; exit 1"],
      {
        cwd: suite.dir,
      },
    );
    const [dumped, rest] = failed.stderr.split("[scenariolog]");
    const numbers = Array.from({ length: 50 }, (_, i) => `${151 + i}\n`).join("");
    expect(dumped).toBe(`--- step: stderr\n1\n2\n3\n--- step: stdout, the end of logs/step-01-stdout.txt\n${numbers}`);
    expect(`[scenariolog]${rest}`).toMatch(summaryLine);
    const passed = await suite.exec(["--step-num", "2", "--show", "failed"], ["bash", "-c", "seq 200"]);
    expect(passed.stderr).toMatch(summaryLine);
  });

  test("shows it while the step runs", async () => {
    const suite = await startSuite();
    const gone = path.join(suite.dir, "seen");
    const script = line(suite, ["--show", "stdout"], `echo ready; until [ -e ${gone} ]; do sleep 0.05; done`);
    const { stdout, code } = await bash(`${script} | while read -r word; do echo "got $word"; touch ${gone}; done`);
    expect({ stdout, code }).toEqual({ stdout: "got ready\n", code: 0 });
  });

  test("never lets a step wait for a console that nobody reads, and says what this did not get", async () => {
    const suite = await startSuite();
    const done = path.join(suite.dir, "done");
    const script = line(
      suite,
      ["--step-num", "1", "--show", "all"],
      `head -c ${8 * MEGABYTE} /dev/zero; touch ${done}`,
    );
    const { stdout, stderr, code } = await bash(`${script} | { until [ -e ${done} ]; do sleep 0.05; done; wc -c; }`);
    expect(code).toBe(0);
    const [, leftOut] =
      /^\[scenariolog\] note: the console was too slow for (\d+) bytes of stdout; they are in the log$/m.exec(stderr)!;
    expect(Number(stdout) + Number(leftOut)).toBe(8 * MEGABYTE);
    expect(Number(stdout)).toBeGreaterThan(MEGABYTE);
    expect(suite.log(1, "stdout").length).toBe(8 * MEGABYTE);
  });

  test("leaves the console as it was for the next command of the script", async () => {
    const suite = await startSuite();
    const script = line(suite, ["--show", "all"], "echo shown");
    // Where the pipe were left non-blocking, this would fail with EAGAIN when it is full.
    const { stdout, stderr } = await bash(`{ ${script}; head -c 300000 /dev/zero; } | { sleep 0.5; wc -c; }`);
    expect(stdout.trim()).toBe(String(300_000 + 6));
    expect(stderr).toMatch(summaryLine);
  });

  test("a reader that has gone away is no error, and the step runs to its end", async () => {
    const suite = await startSuite();
    const script = line(suite, ["--step-num", "1", "--show", "all"], "seq 100000");
    const { stdout, stderr } = await bash(`{ ${script}; echo "exit $?" >&2; } | head -n 1`);
    expect(stdout).toBe("1\n");
    expect(stderr).toMatch(/exit=0 .*\nexit 0\n$/);
    expect(suite.log(1, "stdout").toString().endsWith("\n100000\n")).toBe(true);
  });

  test("appends to a file as the step itself would", async () => {
    const suite = await startSuite();
    const file = path.join(suite.dir, "console.txt");
    const script = line(suite, ["--show", "all"], "echo shown");
    await bash(`echo before >${file}; ${script} >>${file}; echo behind >>${file}`);
    expect(fs.readFileSync(file, "utf8")).toBe("before\nshown\nbehind\n");
  });
});
