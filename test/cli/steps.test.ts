import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { GoBuild } from "../support/go-build.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** Columns that `failures` has as well. */
const SHARED =
  "run_id,stderr_path,failed_file,failed_line,failed_command,failed_caller_file,failed_caller_line,failed_caller_command";
const USAGE = { max_rss_bytes: null, user_ms: null, sys_ms: null };

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
  await suite.exec(["--step-num", "2", "--name", "second"], ["bash", "-c", "printf 12345; exit 4"]);
  await suite.exec(["--step-num", "1", "--name", "first"], ["bash", "-c", "printf abc >&2"]);
  const script = 'printf %s "try $SCENARIOLOG_ATTEMPT"; test "$SCENARIOLOG_ATTEMPT" -ge 3 || { echo more; exit 1; }';
  await suite.exec(["--step-num", "3", "--name", "third", "--retries", "2"], ["bash", "-c", script]);
});

/** Without what the machine decides. */
const rows = async (...flags: string[]) => suite.rows("steps", ["--filter", `duration_ms,${SHARED}`, ...flags]);

describe("steps", () => {
  test("has a row a step, by number, with what became of it and how much it printed", async () => {
    const measured = (await rows()).map((row): Record<string, unknown> => ({ ...row, ...USAGE }));
    const step = { attempts: 1, flaky: false, ...USAGE, skip_reason: null };
    expect(measured).toEqual([
      { step_num: 1, step_name: "first", status: "passed", ...step, stdout_bytes: 0, stderr_bytes: 3, exit_code: 0 },
      { step_num: 2, step_name: "second", status: "failed", ...step, stdout_bytes: 5, stderr_bytes: 0, exit_code: 4 },
      {
        ...{ step_num: 3, step_name: "third", status: "passed", ...step, stdout_bytes: 5, stderr_bytes: 0 },
        ...{ exit_code: 0, attempts: 3, flaky: true },
      },
    ]);
  });

  test("has what the step used, from its tags, and null for what is no number", async () => {
    const db = new Database(suite.db);
    const id = `${suite.runId}-step-02`;
    db.query("DELETE FROM kv WHERE k LIKE 'rusage.%'").run();
    const set = db.query("INSERT INTO kv(run_id, step_id, k, v) VALUES (?, ?, ?, ?)");
    set.run(suite.runId, id, "rusage.max_rss_bytes", "4194304");
    set.run(suite.runId, id, "rusage.user_ms", "12.5");
    set.run(suite.runId, id, "rusage.sys_ms", "a few");
    db.close();
    expect(await rows("--fields", "max_rss_bytes,user_ms,sys_ms")).toEqual([
      USAGE,
      { max_rss_bytes: 4194304, user_ms: 12.5, sys_ms: null },
      USAGE,
    ]);
  });

  test("has the bytes of the last try, whichever of the logs was recorded last", async () => {
    const one = await startSuite();
    await one.exec(["--step-num", "1", "--retries", "1"], ["bash", "-c", 'echo "$SCENARIOLOG_ATTEMPT" >&2; exit 1']);
    const db = new Database(one.db);
    db.run("UPDATE artifacts SET size_bytes = 1000 WHERE path LIKE '%.1.txt'");
    const first = "SELECT artifact_id FROM artifacts WHERE path LIKE '%stderr.1.txt'";
    db.run("PRAGMA foreign_keys = OFF");
    db.run(`UPDATE log_files SET artifact_id = 99 WHERE artifact_id = (${first})`);
    db.run(`UPDATE artifacts SET artifact_id = 99 WHERE artifact_id = (${first})`);
    db.close();
    expect(await one.rows("steps", ["--fields", "attempts,stderr_bytes"])).toEqual([{ attempts: 2, stderr_bytes: 2 }]);
  });

  test("takes the run as an argument or as --run-id, and not both", async () => {
    for (const flags of [[suite.runId], ["--run-id", suite.runId], [suite.runId.slice(-8)], ["latest"]]) {
      const { stdout, code } = await suite.verb("steps", [...flags, "--select", "step_name"]);
      expect({ flags, stdout, code }).toEqual({ flags, stdout: "first\nsecond\nthird\n", code: 0 });
    }
    expect(await suite.verb("steps", ["latest", "--run-id", "latest"])).toMatchObject({ stdout: "", code: 2 });
    expect(await suite.verb("steps", ["latest", "again"])).toMatchObject({
      stderr: expect.stringContaining('steps takes no argument "again"'),
      code: 2,
    });
    expect(await suite.verb("steps", ["nobody"])).toMatchObject({ stdout: "", code: 1 });
  });

  test("of a run without steps has none, and of one that runs says so", async () => {
    const empty = await startSuite();
    expect(await empty.rows("steps")).toEqual([]);
    const going = empty.exec(["--step-num", "1"], ["sleep", "5"]);
    while (empty.sql("SELECT 1 FROM attempts").length === 0) await Bun.sleep(10);
    expect(await empty.rows("steps", ["--fields", "status,exit_code,duration_ms"])).toEqual([
      { status: "running", exit_code: null, duration_ms: null },
    ]);
    process.kill(Number(empty.sql("SELECT recorder_pid AS pid FROM attempts")[0]!.pid), "SIGTERM");
    await going;
    expect(await empty.rows("steps", ["--fields", "status,exit_code"])).toEqual([
      { status: "interrupted", exit_code: 143 },
    ]);
  });

  test("works on a database of the Go build's, and changes nothing", async () => {
    const dir = tempDir();
    const db = path.join(dir, "go.db");
    const go = new GoBuild(db);
    go.run("go", dir, "2024-03-01T10:00:00.5Z", { at: "2024-03-01T10:00:01Z", code: 0, ms: 500 });
    go.exec("go", dir, 1, { stdout: "abc\n", stderr: "" }, 2);
    go.step("go", 2, "2024-03-01T10:00:00.7Z");
    go.close();
    const before = contentsOf(dir);
    const flags = ["--output", "csv", "--filter", `max_rss_bytes,user_ms,sys_ms,${SHARED}`];
    expect((await scenariolog(["steps", "--db", db, ...flags])).stdout).toBe(
      `step_num,step_name,status,attempts,flaky,duration_ms,stdout_bytes,stderr_bytes,exit_code,skip_reason
1,step 1,failed,1,false,10,4,0,2,
2,step 2,interrupted,1,false,,,,,
`,
    );
    expect(contentsOf(dir)).toEqual(before);
  });
});
