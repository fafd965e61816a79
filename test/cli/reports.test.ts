import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import path from "node:path";
import { GoBuild } from "../support/go-build.ts";
import { scenariolog, tempDir } from "../support/program.ts";

/** A finished run with a step of each kind, and an unfinished one; times as the Go build writes them. */
let db: string;
let go: GoBuild;
const end = (code: number, ms: number) => ({ at: "2024-03-01T10:00:09Z", code, ms });
beforeAll(() => {
  const dir = tempDir();
  db = path.join(dir, "x.db");
  go = new GoBuild(db);
  go.run("done", "/root", "2024-03-01T10:00:00.5Z", end(1, 8500));
  go.exec("done", dir, 10, { stdout: "", stderr: "oops\n" }, 137);
  go.exec("done", dir, 2, { stdout: "", stderr: "no\n" }, 1);
  go.exec("done", dir, 1, { stdout: "fine\n", stderr: "" });
  go.step("done", 7, "2024-03-01T10:00:03Z");
  go.step("done", 5, "2024-03-01T10:00:02Z", end(-1, 20));
  go.step("done", 4, "2024-03-01T10:00:02Z", end(0, 20));
  go.run("open", "/root", "2024-03-01T10:00:00.49Z");
});
afterAll(() => go.close());

async function report(verb: string, flags: readonly string[], format = "json"): Promise<string> {
  const { stdout, stderr, code } = await scenariolog([verb, "--db", db, "--output", format, ...flags]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return stdout;
}

const columns = async (verb: string) => (await report(verb, [], "csv")).split("\n")[0]!.split(",");
const objects = async (verb: string, ...flags: string[]) => JSON.parse(await report(verb, flags));

describe("the columns begin with those of the Go build, in its order, for", () => {
  test.each([
    [
      "summary",
      "run_id,root_dir,suite,started_at,completed_at,exit_code,duration_ms,total_steps,failed_steps,fts_enabled,status",
    ],
    ["failures", "run_id,step_num,step_name,exit_code,duration_ms,stderr_path,status"],
    ["timings", "run_id,step_num,step_name,duration_ms,exit_code,status"],
  ])("%s", async (verb, expected) => {
    const names = expected.split(",");
    expect((await columns(verb)).slice(0, names.length)).toEqual(names);
  });
});

describe("summary", () => {
  test("counts all steps, those that failed, and those that never ended", async () => {
    expect(await objects("summary")).toMatchObject([
      {
        run_id: "done",
        root_dir: "/root",
        suite: null,
        started_at: "2024-03-01T10:00:00.5Z",
        completed_at: "2024-03-01T10:00:09Z",
        exit_code: 1,
        duration_ms: 8500,
        total_steps: 6,
        failed_steps: 3,
        fts_enabled: true,
        status: "failed",
        interrupted_steps: 1,
      },
    ]);
  });

  test("shows what is not known as null in json and yaml, and empty elsewhere", async () => {
    const flags = ["--run-id", "open", "--fields", "suite,completed_at,exit_code,duration_ms,total_steps"];
    expect(await report("summary", flags, "csv")).toBe("suite,completed_at,exit_code,duration_ms,total_steps\n,,,,0\n");
    expect(JSON.parse(await report("summary", flags))).toEqual([
      { suite: null, completed_at: null, exit_code: null, duration_ms: null, total_steps: 0 },
    ]);
    expect(await report("summary", flags, "yaml")).toBe(
      "suite: null\ncompleted_at: null\nexit_code: null\nduration_ms: null\ntotal_steps: 0\n",
    );
  });

  test("calls a run failed that ended with 0 though a step of it did not pass, and interrupted one that has no end", async () => {
    go.run("forgot", "/", "2024-01-01T00:00:00Z", end(0, 1));
    go.step("forgot", 1, "2024-01-01T00:00:00Z", end(3, 1));
    go.run("passed", "/", "2024-01-01T00:00:00Z", end(0, 1));
    go.step("passed", 1, "2024-01-01T00:00:00Z", end(0, 1));
    for (const [run, status] of [
      ["forgot", "failed"],
      ["passed", "passed"],
      ["open", "interrupted"],
    ] as const) {
      expect(await report("summary", ["--run-id", run, "--select", "status"])).toBe(`${status}\n`);
    }
  });
});

test("failures lists by number what did not pass, an unfinished step as interrupted", async () => {
  const row = (
    step_num: number,
    exit_code: number | null,
    duration_ms: number | null,
    stderr_path: string | null,
    status: string,
  ) => ({
    run_id: "done",
    step_num,
    step_name: `step ${step_num}`,
    exit_code,
    duration_ms,
    stderr_path,
    status,
    failed_file: null,
    failed_line: null,
    failed_command: null,
    failed_caller_file: null,
    failed_caller_line: null,
    failed_caller_command: null,
  });
  expect(await objects("failures")).toEqual([
    row(2, 1, 20, "go-logs/step-02-stderr.txt", "failed"),
    row(5, -1, 20, null, "failed"),
    row(7, null, null, null, "interrupted"),
    row(10, 137, 100, "go-logs/step-10-stderr.txt", "failed"),
  ]);
});

describe("timings", () => {
  const steps = async (...flags: string[]) =>
    (await objects("timings", ...flags)).map((row: { step_num: number }) => row.step_num);

  test("lists the slowest first, equals by number, and unfinished ones last", async () => {
    expect(await steps()).toEqual([10, 2, 4, 5, 1, 7]);
    expect((await objects("timings"))[0]).toEqual({
      run_id: "done",
      step_num: 10,
      step_name: "step 10",
      duration_ms: 100,
      exit_code: 137,
      status: "failed",
    });
  });

  test("shows --top of them: 10 unless given, none for 0, all for less", async () => {
    expect(await steps("--top", "2")).toEqual([10, 2]);
    expect(await steps("--top", "0")).toEqual([]);
    expect(await steps("--top", "-1")).toHaveLength(6);
    go.run("many", "/", "2024-01-01T00:00:00Z");
    for (let num = 1; num <= 12; num++) go.step("many", num, "2024-01-01T00:00:00Z", end(0, num));
    expect(await steps("--run-id", "many")).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect(await steps("--run-id", "many", "--top=-5")).toHaveLength(12);
    expect(await steps("--run-id", "many", "--top", "100")).toHaveLength(12);
  });
});

describe("the latest run is that of the latest start by time, whatever its text and the order of the rows:", () => {
  test.each([
    ["a fraction against none", ["2024-01-01T00:00:05Z", "2024-01-01T00:00:05.1Z"]],
    ["a longer fraction", ["2024-01-01T00:00:05.1Z", "2024-01-01T00:00:05.12Z"]],
    ["a shorter fraction", ["2024-01-01T00:00:05.119999999Z", "2024-01-01T00:00:05.12Z"]],
    ["nine digits against fewer", ["2024-01-01T00:00:05.100000000Z", "2024-01-01T00:00:05.2Z"]],
    ["a whole second in nine digits", ["2024-01-01T00:00:04.9Z", "2024-01-01T00:00:05.000000000Z"]],
    ["another second", ["2024-01-01T00:00:09.999Z", "2024-01-01T00:00:10Z"]],
    ["the same time: the row that came later", ["2024-01-01T00:00:05.100000000Z", "2024-01-01T00:00:05.1Z"]],
  ] as [string, [string, string]][])("%s", async (name, [older, newer]) => {
    for (const order of [
      ["older", "newer"],
      ["newer", "older"],
    ]) {
      if (order[0] === "newer" && name.startsWith("the same")) continue;
      const file = path.join(tempDir(), "x.db");
      const two = new GoBuild(file);
      for (const run of order) two.run(run, "/", run === "older" ? older : newer);
      two.close();
      expect((await scenariolog(["summary", "--db", file, "--select", "run_id"])).stdout).toBe("newer\n");
    }
  });
});
