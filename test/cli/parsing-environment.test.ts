import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
  await suite.exec(["--step-num", "1"], ["echo", "needle"]);
});

test("every flag that says where and which run may come from the environment", async () => {
  const dir = tempDir();
  const env = { SCENARIOLOG_DB: path.join(dir, "e.db"), SCENARIOLOG_ROOT_DIR: dir, SCENARIOLOG_LOG_DIR: "elsewhere" };
  expect(await scenariolog(["init"], { env })).toEqual({ stdout: "", stderr: "", code: 0, signal: null });
  const started = await scenariolog(["run", "start"], { env });
  const inRun = { ...env, SCENARIOLOG_RUN_ID: started.stdout.trim() };
  expect(await scenariolog(["exec", "--name", "n", "--", "echo", "needle"], { env: inRun })).toMatchObject({ code: 0 });
  expect(fs.readFileSync(path.join(dir, "elsewhere", "step-00-stdout.txt"), "utf8")).toBe("needle\n");
  expect(await scenariolog(["run", "end", "--exit-code", "3"], { env: inRun })).toMatchObject({ code: 0 });
  const { stdout } = await scenariolog(["summary", "--select", "exit_code"], { env });
  expect(stdout).toBe("3\n");
});

test("a flag counts more than the environment", async () => {
  const other = tempDir();
  const env = { SCENARIOLOG_DB: path.join(other, "never.db"), SCENARIOLOG_ROOT_DIR: "/never" };
  const started = await suite.verb("run start", ["--root-dir", "/flag"], { env });
  expect(suite.sql("SELECT root_dir FROM scenario_runs WHERE run_id = ?", started.stdout.trim())).toEqual([
    { root_dir: "/flag" },
  ]);
  expect(fs.readdirSync(other)).toEqual([]);
});

test("an empty variable is no value", async () => {
  const env = { SCENARIOLOG_DB: "", SCENARIOLOG_RUN_ID: "", SCENARIOLOG_ROOT_DIR: "", SCENARIOLOG_LOG_DIR: "" };
  expect(await scenariolog(["init"], { env })).toEqual({
    stdout: "",
    stderr: "Error: required flag --db not given\n  give it, or set SCENARIOLOG_DB; see: scenariolog init --help\n",
    code: 2,
    signal: null,
  });
  expect(await suite.verb("run end", [], { env })).toMatchObject({
    stderr:
      "Error: required flag --run-id not given\n  give it, or set SCENARIOLOG_RUN_ID; see: scenariolog run end --help\n",
    code: 2,
  });
});

describe("a run id from the environment", () => {
  const search = (db: string, env: Record<string, string>) =>
    scenariolog(["search", "--db", db, "--query", "needle", "--select", "text"], { env, cwd: suite.dir });

  test("counts for its own database, by whatever name that is called", async () => {
    const first = suite.runId;
    await suite.verb("run start", ["--root-dir", suite.dir]); // the latest has no line
    fs.symlinkSync(suite.db, path.join(suite.dir, "link.db"));
    const env = { SCENARIOLOG_DB: suite.db, SCENARIOLOG_RUN_ID: first };
    for (const name of [suite.db, "runs.db", "./runs.db", "link.db", path.join(suite.dir, "link.db")]) {
      expect(await search(name, env)).toMatchObject({ stdout: "needle\n", code: 0 });
    }
    expect(await search(suite.db, { SCENARIOLOG_RUN_ID: first })).toMatchObject({ stdout: "needle\n", code: 0 });
    expect(await search(suite.db, {})).toMatchObject({ stdout: "", code: 0 });
  });

  test("means nothing in another database", async () => {
    const other = await startSuite();
    const env = { SCENARIOLOG_DB: suite.db, SCENARIOLOG_RUN_ID: suite.runId };
    expect(await other.verb("run end", [], { env })).toMatchObject({
      stderr: expect.stringContaining("Error: required flag --run-id not given\n"),
      code: 2,
    });
    expect(await search(other.db, env)).toMatchObject({ stdout: "", stderr: "", code: 0 });
  });

  test("counts for every verb that asks about a run, if neither RUN nor --run-id is given", async () => {
    const latest = (await suite.verb("run start", ["--root-dir", suite.dir])).stdout;
    const env = { SCENARIOLOG_DB: suite.db, SCENARIOLOG_RUN_ID: suite.runId };
    const ask = async (...words: string[]) => (await scenariolog(words, { env })).stdout;
    expect(await ask("summary", "--select", "run_id")).toBe(`${suite.runId}\n`);
    expect(await ask("summary", "--select", "run_id", "latest")).toBe(latest);
    for (const verb of ["steps", "timings", "artifacts", "tags"]) {
      expect({ verb, rows: JSON.parse(await ask(verb, "-o", "json")).length }).not.toEqual({ verb, rows: 0 });
    }
    expect(JSON.parse(await ask("steps", "-o", "json", "latest"))).toEqual([]);
  });
});
