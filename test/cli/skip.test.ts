import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { program, scenariolog } from "../support/program.ts";
import { type Scripts, scripts } from "../support/recorded.ts";
import { startSuite } from "../support/suite.ts";

const skip = (reason: string) => `${program.map((word) => `'${word}'`).join(" ")} skip "${reason}"`;

async function rows(suite: Scripts, verb: string): Promise<Record<string, unknown>[]> {
  const { stdout } = await scenariolog([verb, "--db", ".scenario-run.db", "--output", "json"], { cwd: suite.dir });
  return JSON.parse(stdout);
}

describe.concurrent("a step that ends with 77", () => {
  test("is skipped: it neither fails nor passes the run, and the next one runs", async () => {
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": "echo no display; exit 77", "03-c.sh": ":" });
    const { code, stderr } = await suite.record();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^SKIP \[ *[\d.]+s\] 02 b \(no display\)$/m);
    expect(stderr).toContain("3 steps: 2 passed, 1 skipped in ");
    expect(suite.steps()).toEqual([
      [1, "a", 0],
      [2, "b", 77],
      [3, "c", 0],
    ]);
    expect(await rows(suite, "failures")).toEqual([]);
    expect((await rows(suite, "steps")).map(({ status, skip_reason: reason }) => [status, reason])).toEqual([
      ["passed", null],
      ["skipped", "no display"],
      ["passed", null],
    ]);
    expect(await rows(suite, "summary")).toMatchObject([
      { status: "passed", total_steps: 3, failed_steps: 0, skipped_steps: 1, exit_code: 0 },
    ]);
    expect(await rows(suite, "runs")).toMatchObject([{ status: "passed", steps: 3, failed: 0, skipped: 1 }]);
    const why = await scenariolog(["why", "--db", ".scenario-run.db"], { cwd: suite.dir });
    expect(why.stdout).toContain("passed: 2 of 3 steps passed, 1 skipped\n\nSkipped\n  02 b: no display\n");
    // What a v1 reader sees.
    expect(suite.sql("SELECT exit_code FROM steps WHERE step_num = 2")).toEqual([{ exit_code: 77 }]);
    expect(suite.sql("SELECT reason FROM attempts WHERE step_id LIKE '%-step-02'")).toEqual([{ reason: "skipped" }]);
  });

  test("is not tried again, hides no failure of another step, and keeps no trace", async () => {
    const suite = scripts({ "01-a.sh": "false; exit 77", "02-b.sh": "exit 5" });
    const { code, stderr } = await suite.record(["--retries", "2", "steps"]);
    expect(code).toBe(5);
    expect(stderr).toContain("2 steps: 0 passed, 1 failed, 1 skipped in ");
    expect(suite.sql("SELECT count(*) AS n FROM attempts WHERE step_id LIKE '%-01'")).toEqual([{ n: 1 }]);
    expect(suite.sql("SELECT * FROM commands WHERE step_id LIKE '%-01'")).toEqual([]);
  });

  test("a run of skipped steps only is skipped, and ends with 0", async () => {
    const suite = scripts({ "01-a.sh": "exit 77", "02-b.sh": "exit 77" });
    expect((await suite.record()).code).toBe(0);
    expect((await rows(suite, "runs"))[0]).toMatchObject({ status: "skipped", skipped: 2 });
    expect(await rows(suite, "steps")).toMatchObject([{ skip_reason: null }, { skip_reason: null }]);
  });

  test("under --jobs as well", async () => {
    const mark = "# scenariolog: independent\n";
    const suite = scripts({ "01-a.sh": `${mark}exit 77`, "02-b.sh": `${mark}exit 77`, "03-c.sh": `${mark}:` });
    const { code, stderr } = await suite.record(["--jobs", "3", "steps"]);
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("3 steps: 1 passed, 2 skipped"),
    });
  });

  test("is skipped by the code that --skip-code names; the flag wins over the environment", async () => {
    const suite = scripts({ "01-a.sh": "exit 77" });
    expect((await suite.record(["--skip-code", "none", "steps"])).code).toBe(77);
    expect((await suite.record(["--skip-code", "4", "steps"])).code).toBe(77);
    expect((await suite.record(["steps"], { env: { SCENARIOLOG_SKIP_CODE: "none" } })).code).toBe(77);
    const both = ["--skip-code", "77", "steps"];
    expect((await suite.record(both, { env: { SCENARIOLOG_SKIP_CODE: "none" } })).code).toBe(0);
    for (const wrong of ["0", "256", "x", "7.5"]) {
      expect(await suite.record(["--skip-code", wrong, "steps"])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`--skip-code "${wrong}" is neither a code from 1 to 255 nor none`),
      });
    }
  });
});

describe.concurrent("scenariolog skip", () => {
  test("ends a script under set -e, by exec, and in a function; the reason is kept, without secrets", async () => {
    const token = `ghp_${"A".repeat(36)}`;
    const suite = scripts({
      "01-a.sh": `set -e\n${skip("no docker")}\ntouch ran`,
      "02-b.sh": `exec ${skip(`token ${token}`)}`,
      "03-c.sh": `needs() { command -v nosuchtool >/dev/null || ${skip("no nosuchtool")} || exit; }\nneeds\ntouch ran`,
    });
    const { code, stderr } = await suite.record();
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("3 skipped") });
    expect(fs.existsSync(`${suite.dir}/ran`)).toBe(false);
    expect((await rows(suite, "steps")).map((row) => row.skip_reason)).toEqual([
      "no docker",
      "token [redacted]",
      "no nosuchtool",
    ]);
    expect(suite.log(1, "stderr")).toBe("[scenariolog] skipped: no docker\n");
    expect(stderr).toContain("01 a (no docker)\n");
  });

  test("does not count if the script goes on: it passes or fails as it ends", async () => {
    const suite = scripts({ "01-a.sh": `${skip("part of it")}\nexit 0`, "02-b.sh": `${skip("part")} || true\nexit 3` });
    const { code, stderr } = await suite.record();
    expect(code).toBe(3);
    expect(stderr).toContain("2 steps: 1 passed, 1 failed in ");
    expect((await rows(suite, "steps")).map((row) => [row.status, row.skip_reason])).toEqual([
      ["passed", null],
      ["failed", null],
    ]);
  });

  test("ends with the code of --skip-code, or with 77 if that is none", async () => {
    const suite = scripts({ "01-a.sh": `${skip("x")}` });
    for (const [code, stored] of [
      ["12", 12],
      ["none", 77],
    ] as const) {
      expect((await suite.record(["--skip-code", code, "steps"])).code).toBe(0);
      expect(suite.steps()).toEqual([[1, "a", stored]]);
    }
  });

  test("skips a step of exec, whose code and lines stay the same; a plain 77 there is a failure", async () => {
    const suite = await startSuite();
    const called = await suite.exec(["--step-num", "1", "--retries", "2"], ["bash", "-c", skip("not here")]);
    expect(called.code).toBe(77);
    expect(called.stderr).toMatch(/^\[scenariolog\] step=\S+ exit=77 .*\nError: step \S+ exited with code 77\n$/);
    expect((await suite.exec(["--step-num", "2"], ["bash", "-c", "exit 77"])).code).toBe(77);
    expect((await suite.rows("steps")).map(({ status }) => status)).toEqual(["skipped", "failed"]);
    expect((await suite.rows("failures")).map(({ step_num }) => step_num)).toEqual([2]);
  });

  test("by itself prints the reason and ends with 77; without a reason it is a usage error", async () => {
    expect(await scenariolog(["skip", "no", "docker"])).toMatchObject({
      code: 77,
      stdout: "",
      stderr: "[scenariolog] skipped: no docker\n",
    });
    expect(await scenariolog(["skip"])).toMatchObject({ code: 2, stderr: expect.stringContaining("REASON") });
  });

  test("exec knows the code in a harness that record runs", async () => {
    const exec = `${program.map((word) => `'${word}'`).join(" ")} exec --name x -- bash -c 'exit 77'`;
    const suite = scripts({ "./run-all.sh": `${exec}; true` });
    const { code, stderr } = await suite.record(["--", "./run-all.sh"]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("1 step: 0 passed, 1 skipped") });
  });
});
