import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { bash } from "../support/program.ts";
import { addSeries, type SeriesRun, strip } from "../support/series.ts";
import { type Suite, startSuite } from "../support/suite.ts";

async function series(runs: readonly SeriesRun[]): Promise<Suite> {
  const suite = await startSuite();
  addSeries(suite, runs);
  return suite;
}
const rowsOf = (suite: Suite, ...flags: string[]) => suite.rows("history", flags);
const rowOf = async (suite: Suite, name: string, ...flags: string[]) =>
  (await rowsOf(suite, ...flags)).find((row) => row.step_name === name);
const marksOf = async (suite: Suite, name: string) => (await rowOf(suite, name))?.marks;

describe("history", () => {
  test("has a row for each step: outcomes, failures with their range, flips and times", async () => {
    const runs = [..."PPFPPPFPPP"].map((letter, i): SeriesRun => ({ steps: { load: [letter, 100 * (i + 1)] } }));
    expect(await rowsOf(await series(runs))).toEqual([
      {
        step_num: 1,
        step_name: "load",
        outcomes: "..F...F...",
        runs: 10,
        failed: 2,
        failed_range: "6-51 %",
        flips: "4/9",
        median_ms: 550,
        p95_ms: 965,
        marks: null,
        flaky: "likely",
        since: null,
        first_failed_run: null,
        first_failed_commit: null,
        last_passed_run: null,
        last_passed_commit: null,
        environment: null,
      },
    ]);
  });

  test("says since when a step fails, with the commits before and after", async () => {
    const at = (commit: string, letter: string): SeriesRun => ({
      steps: { first: "P", load: letter },
      tags: { "git.commit": commit.repeat(10) },
    });
    const suite = await series([at("aaaa", "P"), at("bbbb", "P"), at("cccc", "F"), at("dddd", "F"), at("eeee", "F")]);
    expect(await rowOf(suite, "load")).toMatchObject({
      outcomes: "..FFF",
      marks: "still failing",
      since: "3 runs, bbbbbbbb -> cccccccc",
      first_failed_run: "s2",
      first_failed_commit: "cccc".repeat(10),
      last_passed_run: "s1",
      last_passed_commit: "bbbb".repeat(10),
      flaky: "none",
    });
    expect(await rowOf(suite, "load", "--last", "2")).toMatchObject({ since: "2 runs or more, dddddddd" });
  });

  test("marks steps that are new, fixed, gone or not reached", async () => {
    const suite = await series([
      { steps: { a: "P", b: "F", old: "P", last: "P" } },
      { steps: { a: "F", b: "P", c: "P" }, notRun: ["last"] },
    ]);
    const marks = Object.fromEntries((await rowsOf(suite)).map((row) => [row.step_name, [row.marks, row.outcomes]]));
    expect(marks).toEqual({
      a: ["new failure", ".F"],
      b: ["fixed", "F."],
      c: ["new step", " ."],
      old: ["gone", ". "],
      last: ["not reached", ".N"],
    });
  });

  test("does not call a step gone if a harness without a plan did not reach it", async () => {
    const suite = await series([{ steps: { a: "P", b: "P", c: "P" } }, { steps: { a: "P", b: "F" } }]);
    expect(await marksOf(suite, "c")).toBe("not reached");
  });

  test("counts neither skipped nor interrupted steps, nor interrupted or open runs", async () => {
    const interrupted = { steps: { a: "F" }, tags: { "exit.reason": "interrupted" } };
    const suite = await series([
      { steps: { a: "P", b: "P" } },
      interrupted,
      { steps: { a: "F" }, open: true },
      { steps: { a: "S", b: "P" } },
      { steps: { a: "I", b: "F" } },
      { steps: { a: "P", b: "P" } },
    ]);
    expect(await rowOf(suite, "a")).toMatchObject({ outcomes: ".SI.", runs: 2, failed: 0, flips: "0/1" });
    expect(await rowOf(suite, "b")).toMatchObject({ outcomes: "..F.", runs: 4, failed: 1 });
  });

  test("leaves out runs in which nearly all steps failed, but never the newest", async () => {
    const steps = (letter: string) => ({ a: letter, b: letter, c: letter, d: letter, e: letter });
    const suite = await series([{ steps: steps("P") }, { steps: steps("F") }, { steps: steps("P") }]);
    const { stdout, stderr } = await suite.verb("history", ["--select", "outcomes"]);
    expect(stdout).toBe("..\n".repeat(5));
    expect(stderr).toContain("left out, as nearly all steps failed: s1");
    addSeries(suite, [{ steps: steps("F") }], 3);
    expect(await rowOf(suite, "a")).toMatchObject({ outcomes: "..F", marks: "new failure" });
  });

  test("knows a step that was renumbered or moved", async () => {
    const suite = await series([
      { steps: { "01-init": "P", "02-load": "F" }, rootDir: "/one" },
      { steps: { "00-new": "P", "01-init": "P", "05-load": "P" }, rootDir: "/two" },
      { steps: { load: "P" }, firstNum: 9 },
    ]);
    expect(await rowOf(suite, "load")).toMatchObject({ outcomes: "F..", step_num: 9 });
  });

  test("tells steps of one name apart by their numbers", async () => {
    const suite = await series([
      { steps: { "01-check": "P", "02-check": "F" } },
      { steps: { "01-check": "P", "02-check": "P" } },
    ]);
    expect((await rowsOf(suite)).map(({ step_name, outcomes }) => [step_name, outcomes])).toEqual([
      ["01-check", ".."],
      ["02-check", "F."],
    ]);
  });

  test("keeps unlike machines, and the tag env, apart", async () => {
    const on = (arch: string, letter: string, env?: string): SeriesRun => ({
      steps: { load: letter },
      tags: { "host.os": "linux", "host.arch": arch, ...(env && { env }) },
    });
    const suite = await series([on("x64", "P"), on("arm64", "F"), on("x64", "P"), on("x64", "F", "staging")]);
    const found = await rowsOf(suite);
    expect(found.map(({ environment, outcomes }) => [environment, outcomes])).toEqual([
      ["linux/arm64", "F"],
      ["linux/x64", ".."],
      ["linux/x64 staging", "F"],
    ]);
  });

  test("can be narrowed to runs, a suite, a branch, a time and a step", async () => {
    const on = (branch: string, letter: string, suite = "series"): SeriesRun => ({
      suite,
      steps: { load: letter, other: "P" },
      tags: { "git.branch": branch },
    });
    const runs = [on("main", "P"), on("theirs", "F"), on("mine", "F"), on("main", "P", "smoke"), on("mine", "F")];
    const suite = await series(runs);
    const strips = async (...flags: string[]) => (await rowOf(suite, "load", ...flags))?.outcomes;
    expect(await strips()).toBe(".FF");
    expect(await strips("--branch", "*")).toBe(".FFF");
    expect(await strips("--branch", "theirs")).toBe("F");
    expect(await strips("--last", "1")).toBe("F");
    expect(await strips("--suite", "smoke")).toBe(".");
    expect(await strips("--since", "2030-01-01T01:30:00Z")).toBe("FF");
    expect((await rowsOf(suite, "other")).map(({ step_name }) => step_name)).toEqual(["other"]);
    expect((await rowsOf(suite, "1")).map(({ step_name }) => step_name)).toEqual(["load"]);
    expect(await suite.verb("history", ["nobody"])).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("the steps are: load, other"),
      code: 1,
    });
    expect(await suite.verb("history", ["--suite", "no"])).toMatchObject({ stdout: "", code: 1 });
    for (const flags of [
      ["--last", "0"],
      ["--since", "soon"],
      ["a", "b"],
    ]) {
      expect(await suite.verb("history", flags)).toMatchObject({ stdout: "", code: 2 });
    }
  });

  test("--check fails for a new failure and for a lasting slowdown, and for nothing else", async () => {
    const code = async (runs: readonly SeriesRun[]) => (await (await series(runs)).verb("history", ["--check"])).code;
    const timed = (...times: number[]) => times.map((ms): SeriesRun => ({ steps: { load: ["P", ms] } }));
    const usual = Array.from({ length: 12 }, (_, i) => 10_000 + 10 * (i % 3));
    expect(await code(strip("load", "PPF"))).toBe(1);
    expect(await code(strip("load", "PFF"))).toBe(0);
    expect(await code(strip("load", "FP"))).toBe(0);
    expect(await code(timed(...usual, 30_000))).toBe(0);
    expect(await code(timed(...usual, 30_000, 31_000, 29_000))).toBe(1);
    const suite = await series(timed(...usual, 30_000, 31_000, 29_000));
    expect(await suite.verb("history", ["--check"])).toMatchObject({
      stderr: expect.stringContaining("load: regression"),
    });
    expect(await marksOf(suite, "load")).toBe("regression");
    expect(await marksOf(await series(timed(...usual, 30_000)), "load")).toBe("slower");
  });

  test("gives no verdict on flakiness for fewer than five runs", async () => {
    expect(await rowOf(await series(strip("load", "PFPP")), "load")).toMatchObject({ flaky: "too few runs" });
  });

  test("reads a thousand runs of twenty steps as fast as plain SQL", async () => {
    const steps = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`step ${i}`, "P"]));
    const suite = await series(Array.from({ length: 1000 }, () => ({ steps })));
    expect((await rowsOf(suite)).map(({ runs }) => runs)).toEqual(Array(20).fill(20));
  });

  test("works on runs of record", async () => {
    const suite = await startSuite();
    fs.mkdirSync(path.join(suite.dir, "steps"));
    const script = path.join(suite.dir, "steps/01-load.sh");
    for (const code of [0, 0, 3]) {
      fs.writeFileSync(script, `#!/bin/sh\nexit ${code}\n`, { mode: 0o755 });
      await bash(`scenariolog record --db '${suite.db}' --suite real steps`, { cwd: suite.dir });
    }
    expect(await rowOf(suite, "load")).toMatchObject({ outcomes: "..F", marks: "new failure" });
  });
});

describe("flaky", () => {
  const names = async (suite: Suite, ...flags: string[]) =>
    (await suite.rows("flaky", flags)).map(({ step_name, flaky }) => [step_name, flaky]);

  test("names a step that failed and passed at one clean commit, with both runs and a way to repeat it", async () => {
    const suite = await series(strip("load", "PF", { "git.commit": "c".repeat(40), "git.dirty": "false" }));
    expect(await suite.rows("flaky")).toMatchObject([
      {
        step_name: "load",
        flaky: "proven",
        outcomes: ".F",
        failed_range: "9-91 %",
        evidence: "s0 passed, s1 failed",
        commits: "cccccccc",
        repeat: `cd ${suite.dir} && for i in $(seq 20); do ${suite.dir}/steps/load.sh || echo "time $i failed: $?"; done`,
      },
    ]);
  });

  test("takes different roots of one commit for the same code, and a dirty tree for none", async () => {
    const at = (letter: string, rootDir: string, dirty: string): SeriesRun => ({
      steps: { load: letter },
      rootDir,
      tags: { "git.commit": "c".repeat(40), "git.dirty": dirty },
    });
    expect(await names(await series([at("P", "/a", "false"), at("F", "/b", "false")]))).toEqual([["load", "proven"]]);
    expect(await names(await series([at("P", "/a", "true"), at("F", "/a", "true")]))).toEqual([]);
  });

  test("names a step that passed on a retry, and one that changes sides; not one that broke, or broke and was mended", async () => {
    expect(await names(await series(strip("load", "PRP")))).toEqual([["load", "proven"]]);
    expect(await names(await series(strip("load", "PFPPFPF")))).toEqual([["load", "likely"]]);
    expect(await names(await series(strip("load", "PPPPPFFFFF")))).toEqual([]);
    expect(await names(await series(strip("load", "PPFFFPPPPP")))).toEqual([]);
  });
});
