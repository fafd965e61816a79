import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import type { RunDocument } from "../../src/report/document/run-document.ts";
import { contentsOf } from "../support/files.ts";
import { GoBuild } from "../support/go-build.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { scripts } from "../support/recorded.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const documentOf = async (suite: Suite, ...flags: string[]): Promise<RunDocument> => {
  const { stdout, stderr, code } = await suite.verb("show", flags);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout);
};

describe("show prints a run whole:", () => {
  test("the run, its steps with their logs, notes, kept files, and planned steps that were not reached", async () => {
    const suite = scripts({
      "01-first.sh": "echo one",
      "02-second.sh": "set -e\necho before\nfalse",
      "03-third.sh": "echo never",
    });
    await suite.record();
    const db = path.join(suite.dir, ".scenario-run.db");
    const document: RunDocument = JSON.parse((await scenariolog(["show", "--db", db, "--output", "json"])).stdout);
    expect(document).toMatchObject({
      format: 1,
      run: {
        status: "failed",
        counts: { total: 3, passed: 1, failed: 1, not_run: 1, interrupted: 0, skipped: 0, flaky: 0, running: 0 },
      },
      steps: [
        { step_num: 1, status: "passed", meaning: null, stdout: { head: ["one"], tail: [], left_out_bytes: 0 } },
        {
          ...{ step_num: 2, status: "failed", exit_code: 1, attempts: [{ attempt: 1, exit_code: 1 }] },
          failed_at: { file: "steps/02-second.sh", line: 4, command: "false", from: "trace" },
        },
        { step_num: 3, step_id: null, status: "not run", attempts: [], stdout: null },
      ],
      left_out: { log_bytes: 0, commands: 0 },
    });
    expect(document.run.summary).toContain("1 of 3 steps failed");
    expect(document.steps[1]!.commands.map(({ text }) => text)).toEqual(["set -e", "echo before", "false"]);
  });

  test("of long logs the beginning and the end, the failed step's first, within the budget", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["bash", "-c", "seq 100000"]);
    await suite.exec(["--step-num", "2"], ["bash", "-c", "seq 100000; exit 1"]);
    const [passed, failed] = (await documentOf(suite)).steps.map(({ stdout }) => stdout!);
    expect(failed!.head[0]).toBe("1");
    expect(failed!.tail.at(-1)).toBe("100000");
    expect(failed!.tail.length).toBeGreaterThan(passed!.tail.length);
    for (const log of [passed!, failed!]) {
      const shown = [...log.head, ...log.tail].reduce((sum, line) => sum + line.length + 1, 0);
      expect(shown + log.left_out_bytes).toBe(log.size_bytes!);
    }
    const small = await documentOf(suite, "--log-bytes", "20k");
    const shown = small.steps.map(({ stdout }) => stdout!.head.length + stdout!.tail.length);
    expect(shown[0]).toBe(0);
    expect(shown[1]).toBeGreaterThan(1000);
    expect(small.left_out.log_bytes).toBe(small.steps.reduce((sum, { stdout }) => sum + stdout!.left_out_bytes, 0));
  });

  test("without secrets, in logs, commands, tags and source lines", async () => {
    const secret = `ghp_${"A".repeat(36)}`;
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "a.sh"), `echo ${secret}\ntest x = ${secret}\n`);
    await suite.exec(["--step-num", "1", "--kv", "order:4711", "--trace", "auto"], ["bash", "a.sh"], {
      cwd: suite.dir,
    });
    expect(JSON.stringify(await documentOf(suite))).not.toContain(secret);
    expect(JSON.stringify(await documentOf(suite, "--redact", "4711"))).not.toContain("4711");
    expect(JSON.stringify(await documentOf(suite, "--redact", "none"))).toContain(secret);
  });

  test("of the Go build's file what that knows, and writes nothing", async () => {
    const dir = tempDir();
    const db = path.join(dir, "go.db");
    const go = new GoBuild(db);
    go.run("go", dir, "2024-03-01T10:00:00.5Z", { at: "2024-03-01T10:00:01Z", code: 1, ms: 500 });
    go.exec("go", dir, 1, { stdout: "out\n", stderr: "fatal: gone\n" }, 127);
    go.step("go", 2, "2024-03-01T10:00:00.7Z");
    go.close();
    const before = contentsOf(dir);
    const document: RunDocument = JSON.parse((await scenariolog(["show", "--db", db])).stdout);
    expect(document.steps).toMatchObject([
      { status: "failed", attempts: [], first_error: { text: "fatal: gone" }, stdout: { head: ["out"] } },
      { status: "interrupted", offset_ms: 200, duration_ms: null },
    ]);
    expect(contentsOf(dir)).toEqual(before);
  });

  test("wrong words are usage errors", async () => {
    const suite = await startSuite();
    for (const flags of [
      ["--output", "yaml"],
      ["a", "b"],
      ["--log-bytes", "much"],
    ]) {
      expect(await suite.verb("show", flags)).toMatchObject({ stdout: "", code: 2 });
    }
    expect(await suite.verb("show", ["nobody"])).toMatchObject({ stdout: "", code: 1 });
  });
});
