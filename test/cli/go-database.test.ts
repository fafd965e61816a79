import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { GoBuild } from "../support/go-build.ts";
import { type Result, scenariolog, tempDir } from "../support/program.ts";

/** A directory with a database of the Go build's that has rows in every table, and the logs it speaks of. */
function goDatabase(options: { fts?: boolean } = {}): { dir: string; db: string; go: GoBuild } {
  const dir = tempDir();
  const db = path.join(dir, "go.db");
  const go = new GoBuild(db, options);
  go.run("old", dir, "2024-03-01T09:59:59.999999999Z", { at: "2024-03-01T10:00:00Z", code: 0, ms: 1 });
  go.exec("old", dir, 1, { stdout: "old needle\n", stderr: "" });
  // Text sorts ".1234" behind "Z" and ".12345": the newest is 10:00:01.1234, the oldest of these 10:00:01.
  for (const fraction of ["", ".1", ".1234", ".12", ".12339"])
    go.run(`at${fraction}`, dir, `2024-03-01T10:00:01${fraction}Z`);
  const first = go.exec("at.1234", dir, 2, { stdout: "a needle\n\nsecond needle\n", stderr: "needle in stderr\n" }, 3);
  go.exec("at.1234", dir, 10, { stdout: "", stderr: "" });
  go.step("at.1234", 3, "2024-03-01T10:00:02Z");
  go.command(first, 1, "2024-03-01T10:00:02.25Z");
  go.tag({ runId: "at.1234", stepId: first }, "step.num", "again");
  go.tag({ runId: "at.1234", stepId: first, commandId: `${first}-command-1` }, "k", "v");
  return { dir, db, go };
}

async function rows(verb: string, db: string, ...flags: string[]): Promise<Record<string, unknown>[]> {
  const { stdout, stderr, code } = await scenariolog([verb, "--db", db, "--output", "json", ...flags]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout);
}

async function expectReports(db: string, dir: string): Promise<void> {
  expect(await rows("summary", db)).toMatchObject([
    {
      run_id: "at.1234",
      root_dir: dir,
      suite: null,
      started_at: "2024-03-01T10:00:01.1234Z",
      completed_at: null,
      exit_code: null,
      duration_ms: null,
      total_steps: 3,
      failed_steps: 1,
      fts_enabled: true,
      interrupted_steps: 1,
    },
  ]);
  expect(await rows("failures", db, "--fields", "step_num,step_name,exit_code,duration_ms,stderr_path")).toEqual([
    { step_num: 2, step_name: "step 2", exit_code: 3, duration_ms: 20, stderr_path: "go-logs/step-02-stderr.txt" },
    { step_num: 3, step_name: "step 3", exit_code: null, duration_ms: null, stderr_path: null },
  ]);
  expect(await rows("timings", db, "--fields", "step_num,duration_ms")).toEqual([
    { step_num: 10, duration_ms: 100 },
    { step_num: 2, duration_ms: 20 },
    { step_num: 3, duration_ms: null },
  ]);
  expect(await rows("search", db, "--query", "needle", "--fields", "step_id,kind,path,line_num,text")).toEqual([
    { step_id: "at.1234-step-02", kind: "stdout", path: "go-logs/step-02-stdout.txt", line_num: 1, text: "a needle" },
    {
      step_id: "at.1234-step-02",
      kind: "stdout",
      path: "go-logs/step-02-stdout.txt",
      line_num: 3,
      text: "second needle",
    },
    {
      step_id: "at.1234-step-02",
      kind: "stderr",
      path: "go-logs/step-02-stderr.txt",
      line_num: 1,
      text: "needle in stderr",
    },
  ]);
}

describe("a database that the Go build made", () => {
  test("is reported correctly, and reports do not change it", async () => {
    const { db, dir, go } = goDatabase();
    go.close();
    const before = contentsOf(dir);
    await expectReports(db, dir);
    expect(contentsOf(dir)).toEqual(before);
  });

  test("is reported correctly after its migration", async () => {
    const { db, dir, go } = goDatabase();
    go.close();
    expect(await scenariolog(["init", "--db", db])).toMatchObject({ stdout: "", stderr: "", code: 0 });
    await expectReports(db, dir);
    for (const expected of ["0 lines added from 0 artifacts\n", "0 lines added from 0 artifacts\n"]) {
      expect(await scenariolog(["index", "fts", "--db", db, "--run-id", "latest"])).toMatchObject({
        stdout: expected,
        code: 0,
      });
    }
    await expectReports(db, dir);
  });

  test("keeps every row in its migration", async () => {
    const { db, go } = goDatabase();
    const all = () => {
      const reader = new GoBuild(db);
      const tables = ["scenario_runs", "steps", "commands", "kv", "artifacts", "log_lines_fts"];
      const found = tables.map((table) => reader.db.query(`SELECT rowid, * FROM ${table} ORDER BY rowid`).all());
      reader.close();
      return found;
    };
    go.close();
    const before = all();
    expect(before.map((rows) => rows.length > 0)).toEqual([true, true, true, true, true, true]);
    await scenariolog(["init", "--db", db]);
    expect(all()).toEqual(before);
  });

  test("finds its runs by the beginnings of their ids, and lines of any of them", async () => {
    const { db, go } = goDatabase();
    go.close();
    const found = await rows("search", db, "--query", "needle", "--all-runs", "--fields", "run_id,text");
    expect(found).toEqual([
      { run_id: "old", text: "old needle" },
      { run_id: "at.1234", text: "a needle" },
      { run_id: "at.1234", text: "second needle" },
      { run_id: "at.1234", text: "needle in stderr" },
    ]);
    expect(await rows("search", db, "--query", "needle", "--run-id", "ol", "--fields", "text")).toEqual([
      { text: "old needle" },
    ]);
  });
});

describe("a database that was made without FTS5", () => {
  const index = (db: string, run = "latest") => scenariolog(["index", "fts", "--db", db, "--run-id", run]);

  test("answers reports, and says that it has no index", async () => {
    const { db, dir, go } = goDatabase({ fts: false });
    go.close();
    const before = contentsOf(dir);
    expect(await rows("summary", db, "--fields", "run_id,fts_enabled")).toEqual([
      { run_id: "at.1234", fts_enabled: false },
    ]);
    expect(await scenariolog(["search", "--db", db, "--query", "needle"])).toEqual({
      stdout: "",
      stderr: `Error: search needs an FTS5 index, which ${db} does not have\n  make it: scenariolog index fts --db ${db} --run-id latest\n`,
      code: 1,
      signal: null,
    });
    expect(contentsOf(dir)).toEqual(before);
  });

  test("gets the index, which index fts fills run by run, one time", async () => {
    const { db, dir, go } = goDatabase({ fts: false });
    go.close();
    expect(await index(db)).toMatchObject({ stdout: "4 lines added from 2 artifacts\n", stderr: "", code: 0 });
    await expectReports(db, dir);
    expect(await index(db)).toMatchObject({ stdout: "0 lines added from 0 artifacts\n", stderr: "", code: 0 });
    expect(await index(db, "old")).toMatchObject({ stdout: "1 line added from 1 artifact\n", stderr: "", code: 0 });
    await expectReports(db, dir);
  });

  test("says in a search which logs are not indexed, and in index fts which cannot be", async () => {
    const { db, dir, go } = goDatabase({ fts: false });
    go.close();
    await scenariolog(["init", "--db", db]);
    const found = await scenariolog(["search", "--db", db, "--query", "needle"]);
    expect(found.stderr).toBe("[scenariolog] note: 2 logs are not wholly indexed; see: scenariolog index fts --help\n");
    fs.rmSync(path.join(dir, "go-logs/step-02-stdout.txt"));
    fs.writeFileSync(path.join(dir, "go-logs/step-02-stderr.txt"), "another run's 567\n");
    const indexed = await index(db);
    expect(indexed).toMatchObject({ stdout: "0 lines added from 0 artifacts\n", code: 1 });
    const warnings = indexed.stderr.split("\n");
    expect(warnings[0]).toStartWith("[scenariolog] warning: go-logs/step-02-stdout.txt ");
    expect(warnings[1]).toStartWith("[scenariolog] warning: go-logs/step-02-stderr.txt ");
    expect(warnings.slice(2)).toEqual([""]);
  });
});

describe("a database that both builds use in turn", () => {
  const ok = async (args: string[]): Promise<Result> => {
    const result = await scenariolog(args);
    expect(result.code).toBe(0);
    return result;
  };

  test("opens in the Go build, whose statements work on every row", async () => {
    const dir = tempDir();
    const db = path.join(dir, "x.db");
    await ok(["run", "start", "--db", db, "--root-dir", dir, "--run-id", "ours", "--kv", "a:1"]);
    await ok([
      "exec",
      "--db",
      db,
      "--run-id",
      "ours",
      "--root-dir",
      dir,
      "--log-dir",
      "logs",
      "--name",
      "n",
      "--",
      "echo",
      "our needle",
    ]);
    const go = new GoBuild(db);
    go.tag({ runId: "ours" }, "a", "2");
    go.tag({ runId: "ours", stepId: "ours-step-00" }, "b", "3");
    go.exec("ours", dir, 5, { stdout: "go needle\n", stderr: "" });
    go.run("go", dir, "2030-01-01T00:00:00Z");
    go.exec("go", dir, 1, { stdout: "needle of go\n", stderr: "" });
    go.close();
    await ok([
      "exec",
      "--db",
      db,
      "--run-id",
      "go",
      "--root-dir",
      dir,
      "--log-dir",
      "logs2",
      "--name",
      "n",
      "--step-num",
      "2",
      "--",
      "echo",
      "needle of ours",
    ]);
    const texts = async (run: string) =>
      (await rows("search", db, "--query", "needle", "--run-id", run, "--fields", "text")).map((row) => row.text);
    expect(await texts("ours")).toEqual(["our needle", "go needle"]);
    expect(await texts("go")).toEqual(["needle of go", "needle of ours"]);
    const tags = new GoBuild(db);
    expect(tags.db.query("SELECT v FROM kv WHERE run_id = 'ours' AND k = 'a' ORDER BY kv_id").values()).toEqual([
      ["1"],
      ["2"],
    ]);
    tags.db.run("DELETE FROM scenario_runs WHERE run_id = 'ours'");
    for (const table of ["steps", "kv", "artifacts"]) {
      expect(tags.db.query(`SELECT count(*) FROM ${table} WHERE run_id = 'ours'`).values()).toEqual([[0]]);
    }
    expect(tags.db.query("SELECT count(*) FROM artifact_index").values()).toEqual([[2]]);
    tags.close();
    expect(await texts("go")).toEqual(["needle of go", "needle of ours"]);
  });

  test("shows no line of another run if new lines reuse the row numbers of a deleted run", async () => {
    const dir = tempDir();
    const db = path.join(dir, "x.db");
    await ok(["run", "start", "--db", db, "--root-dir", dir, "--run-id", "kept"]);
    await ok([
      "exec",
      "--db",
      db,
      "--run-id",
      "kept",
      "--root-dir",
      dir,
      "--log-dir",
      "a",
      "--name",
      "n",
      "--",
      "echo",
      "needle",
    ]);
    const go = new GoBuild(db);
    go.db.run("DELETE FROM log_lines_fts"); // by hand, with the run left
    go.run("new", dir, "2030-01-01T00:00:00Z");
    const id = go.artifact({ runId: "new" }, "stdout", "x", "needle of another\n");
    go.index("new", id, "needle of another\n");
    go.close();
    expect(await rows("search", db, "--query", "needle", "--run-id", "kept")).toEqual([]);
  });
});
