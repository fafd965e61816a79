import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { GoBuild } from "../support/go-build.ts";
import { type Result, scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** Runs with ids of their own: the newest last. */
async function run(
  suite: Suite,
  id: string,
  spec: { suite?: string; codes: number[]; end?: number | null; kv?: string },
): Promise<void> {
  const flags = ["--root-dir", suite.dir, "--run-id", id, "--suite", spec.suite ?? "nightly"];
  await suite.verb("run start", spec.kv ? [...flags, "--kv", spec.kv] : flags);
  for (const [i, code] of spec.codes.entries()) {
    await suite.exec(["--run-id", id, "--step-num", String(i + 1)], ["bash", "-c", `exit ${code}`]);
  }
  if (spec.end !== null) await suite.verb("run end", ["--run-id", id, "--exit-code", String(spec.end ?? 0)]);
}

let suite: Suite;
let first: string;
beforeAll(async () => {
  suite = await startSuite();
  first = suite.runId;
  await suite.verb("run end", ["--run-id", first]);
  await run(suite, "green", { codes: [0, 0], kv: "env:ci,shard:2" });
  await run(suite, "red", { codes: [0, 7, 0], end: 7 });
  await run(suite, "forgetful", { codes: [1] });
  await run(suite, "other", { suite: "smoke", codes: [0] });
  await run(suite, "open", { codes: [0], end: null });
  await suite.verb("run start", ["--root-dir", suite.dir, "--run-id", "flaky", "--suite", "nightly"]);
  const script = 'test "$SCENARIOLOG_ATTEMPT" -ge 2';
  await suite.exec(["--run-id", "flaky", "--step-num", "1", "--retries", "1"], ["bash", "-c", script]);
  await suite.verb("run end", ["--run-id", "flaky"]);
});

const listed = async (...flags: string[]) => (await suite.rows("runs", flags)).map((row) => row.run);

describe("runs", () => {
  test("has a line a run, newest first, with what its steps came to", async () => {
    const rows = await suite.rows("runs", ["--filter", "started_at,duration_ms,tags"]);
    const row = (run: string, steps: number, failed: number, status: string) => {
      return { run, suite: "nightly", steps, failed, flaky: 0, status, interrupted: 0, skipped: 0, not_run: 0 };
    };
    expect(rows).toEqual([
      { ...row("flaky", 1, 0, "passed"), flaky: 1 },
      row("open", 1, 0, "interrupted"),
      { ...row("other", 1, 0, "passed"), suite: "smoke" },
      row("forgetful", 1, 1, "failed"),
      row("red", 3, 1, "failed"),
      row("green", 2, 0, "passed"),
      { ...row(first.slice(-8), 0, 0, "passed"), suite: "test" },
    ]);
  });

  test("shows the tags that the user gave, and none that every run has", async () => {
    const [row] = await suite.rows("runs", ["--limit", "1", "--sort-by", "run", "--status", "passed"]);
    expect(row).toMatchObject({ run: "flaky", tags: "" });
    const rows = await suite.rows("runs", ["--suite", "nightly", "--limit", "-1"]);
    expect(rows.find(({ run }) => run === "green")).toMatchObject({ tags: "env=ci, shard=2" });
  });

  test("can be narrowed to a suite, a status and a number of runs", async () => {
    expect(await listed("--suite", "smoke")).toEqual(["other"]);
    expect(await listed("--status", "failed")).toEqual(["forgetful", "red"]);
    expect(await listed("--status", "failed", "--limit", "1")).toEqual(["forgetful"]);
    expect(await listed("--status", "interrupted")).toEqual(["open"]);
    expect(await listed("--status", "running")).toEqual([]);
    expect(await listed("--limit", "2")).toEqual(["flaky", "open"]);
    expect(await listed("--limit", "0")).toEqual([]);
    expect(await listed("--limit", "-1")).toHaveLength(7);
    expect(await listed("--limit", "-1", "--status", "passed")).toHaveLength(4);
    expect(await listed("--suite", "nobody")).toEqual([]);
  });

  test("shows twenty runs where no number is given, and finds a status beyond the first pages", async () => {
    const many = await startSuite();
    const db = new Database(many.db);
    const insert = db.query("INSERT INTO scenario_runs VALUES (?, '/', 'many', ?, ?, ?, 1)");
    for (let i = 0; i < 300; i++) {
      const at = `2024-01-01T00:${String(Math.floor(i / 60)).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}Z`;
      insert.run(`r${i}`, at, at, i === 5 ? 1 : 0);
    }
    db.close();
    expect(await many.rows("runs")).toHaveLength(20);
    expect((await many.rows("runs", ["--status", "failed"])).map(({ run }) => run)).toEqual(["r5"]);
    expect(await many.rows("runs", ["--status", "passed", "--limit", "250"])).toHaveLength(250);
  });

  test("shows a run as running while a step of it is", async () => {
    const live = await startSuite();
    const going = live.exec(["--step-num", "1"], ["sleep", "5"]);
    while (live.sql("SELECT 1 FROM attempts").length === 0) await Bun.sleep(10);
    expect(await live.rows("runs", ["--fields", "status,steps"])).toEqual([{ status: "running", steps: 1 }]);
    const [row] = live.sql("SELECT recorder_pid AS pid FROM attempts");
    process.kill(Number(row!.pid), "SIGTERM");
    await going;
  });

  test("refuses what is no status, no number, or an argument", async () => {
    for (const flags of [["--status", "green"], ["--limit", "some"], ["nightly"]]) {
      expect(await suite.verb("runs", flags)).toMatchObject({ stdout: "", code: 2 });
    }
  });

  test("shows runs of the Go build's, whose database it leaves as it is", async () => {
    const dir = tempDir();
    const db = path.join(dir, "go.db");
    const go = new GoBuild(db);
    go.run("trimmed", dir, "2024-03-01T10:00:00.5Z", { at: "2024-03-01T10:00:01Z", code: 1, ms: 500 });
    go.run("whole", dir, "2024-03-01T10:00:00Z");
    go.exec("trimmed", dir, 1, { stdout: "a\n", stderr: "" }, 1);
    go.tag({ runId: "trimmed" }, "env", "old");
    go.tag({ runId: "trimmed" }, "env", "new");
    go.close();
    const before = contentsOf(dir);
    const { stdout } = await scenariolog(["runs", "--db", db, "--output", "csv", "--filter", "started_at"]);
    expect(stdout).toBe(
      "run,suite,duration_ms,steps,failed,flaky,status,tags,interrupted,skipped,not_run\ntrimmed,,500,1,1,0,failed,env=new,0,0,0\nwhole,,,0,0,0,interrupted,,0,0,0\n",
    );
    expect(contentsOf(dir)).toEqual(before);
  });
});

describe("--run-id takes", () => {
  const runOf = async (selector: string) => suite.verb("summary", ["--run-id", selector, "--select", "run_id"]);

  test("the short id that runs shows", async () => {
    expect(await runOf(first.slice(-8))).toMatchObject({ stdout: `${first}\n`, code: 0 });
  });

  test("latest-failed: the newest run that ended with a code other than 0, or has a step which did", async () => {
    expect(await runOf("latest-failed")).toMatchObject({ stdout: "forgetful\n", code: 0 });
    const green = await startSuite();
    expect(await green.verb("summary", ["--run-id", "latest-failed"])).toMatchObject({
      stdout: "",
      stderr: `Error: no run in ${green.db} has failed\n  give a run id, or latest\n`,
      code: 1,
    });
  });

  test("an end that only one id has, of four characters or more; of more ids it names them", async () => {
    expect(await runOf("etful")).toMatchObject({ stdout: "forgetful\n" });
    expect(await runOf("ful")).toMatchObject({ stdout: "", code: 1 });
    await run(suite, "also-forgetful", { suite: "smoke", codes: [] });
    expect(await runOf("etful")).toMatchObject({
      stderr: `Error: etful is the end of more than one run id in ${suite.db}\n  among them: also-forgetful, forgetful\n`,
      code: 1,
    });
    expect(await runOf("forgetful")).toMatchObject({ stdout: "forgetful\n" });
  });

  test("the whole id, which runs shows where two runs have the same short one", async () => {
    const twins = await startSuite();
    const other = `${twins.runId.slice(0, -16)}00000000${twins.runId.slice(-8)}`;
    await twins.verb("run start", ["--root-dir", "/", "--run-id", other]);
    const shown = (await twins.rows("runs")).map(({ run }) => String(run));
    expect(shown).toEqual([other, twins.runId]);
    const code = ({ code }: Result) => code;
    expect(code(await twins.verb("summary", ["--run-id", twins.runId.slice(-8)]))).toBe(1);
  });
});
