import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import path from "node:path";
import { scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;
let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
});

const start = async (...flags: string[]) => {
  const { stdout, stderr, code } = await suite.verb("run start", ["--root-dir", suite.dir, ...flags]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(stdout).toEndWith("\n");
  return stdout.slice(0, -1);
};
const runRow = (id: string) => suite.sql("SELECT * FROM scenario_runs WHERE run_id = ?", id)[0]!;

function write(sql: string, ...params: (string | null)[]): void {
  const db = new Database(suite.db);
  db.query(sql).run(...params);
  db.close();
}

describe("run start", () => {
  test("prints the run id and nothing else: the start time, the process and a random part", async () => {
    const before = Date.now();
    const id = await start("--suite", "nightly");
    const after = Date.now();
    expect(id).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z-pid-[1-9]\d*-[0-9a-f]{16}$/);
    const { started_at, ...row } = runRow(id);
    expect(id).toStartWith(`${started_at}-pid-`);
    expect(Date.parse(String(started_at))).toBeWithin(before - 1, after + 1);
    expect(row).toEqual({
      run_id: id,
      root_dir: suite.dir,
      suite: "nightly",
      completed_at: null,
      exit_code: null,
      duration_ms: null,
    });
  });

  test("stores no suite as NULL, and writes the tags in the Go build's order", async () => {
    const id = await start("--no-provenance", "--kv", "a:1");
    expect(runRow(id).suite).toBeNull();
    const keys = suite.sql("SELECT k FROM kv WHERE run_id = ? ORDER BY kv_id", id).map((row) => row.k);
    expect(keys).toEqual(["root_dir", "user.name", "a"]);
  });

  test("takes an id of one's own, and makes one where that is empty", async () => {
    expect(await start("--run-id", "my run/№ 1")).toBe("my run/№ 1");
    expect(runRow("my run/№ 1").started_at).toMatch(TIME);
    expect(await start("--run-id", "")).toMatch(/-pid-/);
  });

  test("refuses an id that is there already, and leaves that run as it is", async () => {
    const id = await start("--run-id", "twice", "--suite", "first");
    const rows = () => [runRow(id), ...suite.sql("SELECT * FROM kv WHERE run_id = ?", id)];
    const before = rows();
    expect(await suite.verb("run start", ["--root-dir", "/", "--run-id", "twice", "--suite", "second"])).toEqual({
      stdout: "",
      stderr: "Error: run twice exists already\n  leave out --run-id, or give another one\n",
      code: 1,
      signal: null,
    });
    expect(rows()).toEqual(before);
  });

  test("gives a hundred runs that start at once a hundred ids", async () => {
    const { db } = suite;
    const args = ["run", "start", "--db", db, "--root-dir", "/"];
    const results = await Promise.all(Array.from({ length: 100 }, () => scenariolog(args)));
    expect(results.filter(({ code, stderr }) => code !== 0 || stderr !== "")).toEqual([]);
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(100);
  });
});

describe("run end", () => {
  test("says nothing and sets the end, with exit code 0 where none is given", async () => {
    const id = await start();
    expect(await suite.verb("run end", ["--run-id", id])).toEqual({ stdout: "", stderr: "", code: 0, signal: null });
    const row = runRow(id);
    expect(row.exit_code).toBe(0);
    expect(row.completed_at).toMatch(TIME);
    expect(row.duration_ms).toBe(Math.floor(Number(nanos(row.completed_at) - nanos(row.started_at)) / 1e6));
  });

  test("may be called again: the last call counts", async () => {
    const id = await start();
    await suite.verb("run end", ["--run-id", id, "--exit-code", "0"]);
    const first = runRow(id);
    await suite.verb("run end", ["--run-id", id, "--exit-code", "7"]);
    const second = runRow(id);
    expect(second.exit_code).toBe(7);
    expect(String(second.completed_at) > String(first.completed_at)).toBe(true);
  });

  test.each([
    ["with a fraction of nine digits", (ms: number) => `${iso(ms)}.250000000Z`, 250],
    ["with a trimmed fraction", (ms: number) => `${iso(ms)}.25Z`, 250],
    ["without a fraction", (ms: number) => `${iso(ms)}Z`, 0],
  ])("counts the duration from a stored start %s", async (_name, text, offsetMs) => {
    const id = await start();
    const second = Math.floor(Date.now() / 1000) * 1000 - 100_000;
    write("UPDATE scenario_runs SET started_at = ? WHERE run_id = ?", text(second), id);
    await suite.verb("run end", ["--run-id", id]);
    const { duration_ms, completed_at } = runRow(id);
    expect(duration_ms).toBe(Math.floor(Number(nanos(completed_at)) / 1e6) - second - offsetMs);
  });

  test.each([
    ["in the future", "2999-01-01T00:00:00Z"],
    ["that is no time", "yesterday"],
  ])("stores a duration of 0 for a start %s", async (_name, started) => {
    const id = await start();
    write("UPDATE scenario_runs SET started_at = ? WHERE run_id = ?", started, id);
    expect(await suite.verb("run end", ["--run-id", id, "--exit-code", "1"])).toMatchObject({ code: 0 });
    expect(runRow(id)).toMatchObject({ duration_ms: 0, exit_code: 1 });
    write("DELETE FROM scenario_runs WHERE run_id = ?", id);
  });
});

describe("--run-id means", () => {
  const ended = async (selector: string) => {
    const result = await suite.verb("run end", ["--run-id", selector, "--exit-code", "42"]);
    const ids = suite.sql("SELECT run_id FROM scenario_runs WHERE exit_code = 42").map((row) => row.run_id);
    write("UPDATE scenario_runs SET exit_code = NULL WHERE exit_code = 42");
    return { ...result, ids };
  };

  test("the latest run, for latest", async () => {
    await start("--run-id", "zzz-older");
    await start("--run-id", "aaa-newer");
    expect(await ended("latest")).toMatchObject({ code: 0, ids: ["aaa-newer"] });
  });

  test("the run whose id begins so, if there is one only, for the beginning of an id", async () => {
    await start("--run-id", "pre-50%_a");
    await start("--run-id", "pre-50x-b");
    expect(await ended("pre-50%")).toMatchObject({ code: 0, ids: ["pre-50%_a"] });
    expect(await ended("pre-50")).toEqual({
      stdout: "",
      stderr: `Error: pre-50 is the beginning of more than one run id in ${suite.db}\n  among them: pre-50%_a, pre-50x-b\n`,
      code: 1,
      signal: null,
      ids: [],
    });
    expect(await ended("PRE-50%")).toMatchObject({ code: 1, ids: [] });
  });

  test("the run of exactly that id, also where others begin with it or it is latest itself", async () => {
    await start("--run-id", "exact");
    await start("--run-id", "exact-2");
    expect(await ended("exact")).toMatchObject({ code: 0, ids: ["exact"] });
    await start("--run-id", "latest");
    await start("--run-id", "newest");
    expect(await ended("latest")).toMatchObject({ code: 0, ids: ["latest"] });
    write("DELETE FROM scenario_runs WHERE run_id = 'latest'");
  });

  test("no run, for an empty id: where run start failed, nobody else's run is touched", async () => {
    expect(await ended("")).toMatchObject({
      stderr: expect.stringContaining("Error: the run id is empty\n"),
      code: 1,
      ids: [],
    });
    const exec = await suite.verb("exec", [
      "--run-id",
      "",
      "--root-dir",
      "/",
      "--log-dir",
      suite.dir,
      "--name",
      "n",
      "--",
      "true",
    ]);
    expect(exec).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("Error: the run id is empty\n"),
      code: 125,
    });
  });

  test("an error that names it, for an id that is not there", async () => {
    expect(await ended("nobody")).toMatchObject({
      stderr: `Error: no run nobody in ${suite.db}\n  give a run id, its beginning or end, latest, latest-failed, latest-passed, or latest~1\n`,
      code: 1,
      ids: [],
    });
  });

  test("a step's run as well", async () => {
    const id = await start("--run-id", "step-prefix-1");
    for (const [n, selector] of [
      ["1", "latest"],
      ["2", "step-prefix"],
    ] as const) {
      const flags = [
        "--run-id",
        selector,
        "--root-dir",
        suite.dir,
        "--log-dir",
        "logs",
        "--step-num",
        n,
        "--name",
        "n",
      ];
      expect(await suite.verb("exec", [...flags, "--", "true"])).toMatchObject({ code: 0 });
    }
    expect(suite.sql("SELECT step_id FROM steps ORDER BY step_num")).toEqual([
      { step_id: `${id}-step-01` },
      { step_id: `${id}-step-02` },
    ]);
  });
});

test("a database without a run says so", async () => {
  const db = path.join(tempDir(), "new.db");
  await scenariolog(["init", "--db", db]);
  for (const verb of [["summary"], ["run", "end", "--run-id", "latest"]]) {
    expect(await scenariolog([...verb, "--db", db])).toMatchObject({
      stdout: "",
      stderr: `Error: no runs in ${db}\n  start one: scenariolog run start --db ${db} --root-dir .\n`,
      code: 1,
    });
  }
});

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}

function nanos(text: unknown): bigint {
  const [, second, fraction] = /^(.{19})\.(\d{9})Z$/.exec(String(text))!;
  return BigInt(Date.parse(`${second}Z`)) * 1_000_000n + BigInt(fraction!);
}
