import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { canMount, readOnlyView } from "../support/mounts.ts";
import { run, scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const REPORTS = [
  ["summary", "--select", "total_steps"],
  ["failures", "--select", "step_num"],
  ["timings", "--select", "step_num"],
  ["search", "--query", "needle", "--select", "text"],
  ["search", "--query", "needle", "--all-runs", "--select", "text"],
  ["capabilities", "--select", "db_steps"],
];
const ANSWERS = ["1\n", "1\n", "1\n", "needle\n", "needle\n", "1\n"];

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
  await suite.exec(["--step-num", "1"], ["bash", "-c", "echo needle; exit 1"]);
});

async function expectAnswers(db: string): Promise<void> {
  const results = [];
  for (const [verb, ...flags] of REPORTS) results.push(await scenariolog([verb!, "--db", db, ...flags]));
  expect(results).toEqual(ANSWERS.map((stdout) => ({ stdout, stderr: "", code: 0, signal: null })));
}

/** Copies the database, with a last change in its log, as a recorder leaves it that is killed. */
async function abandoned(): Promise<string> {
  const dir = tempDir();
  const db = path.join(dir, "x.db");
  fs.copyFileSync(suite.db, db);
  const script = `const { Database } = require("bun:sqlite"); const db = new Database(${JSON.stringify(db)});
    db.run("UPDATE scenario_runs SET suite = 'from the log'"); process.kill(process.pid, "SIGKILL");`;
  await run([process.execPath, "-e", script]);
  expect(fs.statSync(`${db}-wal`).size).toBeGreaterThan(0);
  return db;
}

describe("reports", () => {
  test("leave the database as it is, and nothing beside it", async () => {
    const before = contentsOf(suite.dir);
    const { mtimeNs } = fs.statSync(suite.db, { bigint: true });
    await expectAnswers(suite.db);
    expect(contentsOf(suite.dir)).toEqual(before);
    expect(fs.statSync(suite.db, { bigint: true }).mtimeNs).toBe(mtimeNs);
  });

  test("see what is only in the log of a killed recorder, and leave it there", async () => {
    const db = await abandoned();
    const files = () =>
      Object.fromEntries(Object.entries(contentsOf(path.dirname(db))).filter(([name]) => name !== "x.db-shm"));
    const before = files();
    await expectAnswers(db);
    expect((await scenariolog(["summary", "--db", db, "--select", "suite"])).stdout).toBe("from the log\n");
    expect(files()).toEqual(before);
  });

  test("take an empty log and a shared memory away that somebody left", async () => {
    const db = path.join(tempDir(), "x.db");
    fs.copyFileSync(suite.db, db);
    fs.writeFileSync(`${db}-wal`, "");
    fs.writeFileSync(`${db}-shm`, new Uint8Array(32_768));
    await expectAnswers(db);
    expect(fs.readdirSync(path.dirname(db))).toEqual(["x.db"]);
  });

  test("work on a database that has no write-ahead log at all", async () => {
    const db = path.join(tempDir(), "x.db");
    const copy = `const { Database } = require("bun:sqlite"); new Database(${JSON.stringify(suite.db)}).run("VACUUM INTO ${db}".replace(/INTO (.*)/, "INTO '$1'"));`;
    expect(await run([process.execPath, "-e", copy])).toMatchObject({ stderr: "", code: 0 });
    const before = contentsOf(path.dirname(db));
    await expectAnswers(db);
    expect(contentsOf(path.dirname(db))).toEqual(before);
  });

  test("see one moment, and work while others write without end", async () => {
    const busy = await startSuite();
    const writers = Promise.all(
      [1, 2, 3, 4].map((n) => busy.exec(["--step-num", String(n)], ["bash", "-c", "seq -f 'needle %.0f' 3000"])),
    );
    let done = false;
    writers.finally(() => {
      done = true;
    });
    while (!done) {
      const [row] = await busy.rows("summary");
      expect(row).toMatchObject({ failed_steps: 0 });
      expect(await busy.verb("search", ["--query", "needle", "--select", "text"])).toMatchObject({ code: 0 });
    }
    expect((await writers).map((result) => result.code)).toEqual([0, 0, 0, 0]);
    expect(await busy.rows("search", ["--query", "needle", "--limit", "-1"])).toHaveLength(12_000);
  });
});

describe.skipIf(!canMount)("where nothing can be written (needs a mount, and so root)", () => {
  test("reports work, and leave nothing in the directory for temporary files", async () => {
    const view = readOnlyView(suite.dir)!;
    expect(() => fs.writeFileSync(path.join(view, "new"), "")).toThrow("EROFS");
    await expectAnswers(path.join(view, "runs.db"));
  });

  test.each([true, false])("reports see what is only in a log, with its shared memory there: %p", async (shm) => {
    const db = await abandoned();
    if (!shm) fs.rmSync(`${db}-shm`);
    const view = readOnlyView(path.dirname(db))!;
    const tmp = tempDir();
    const env = { TMPDIR: tmp, BUN_TMPDIR: tmp };
    const summary = ["summary", "--db", path.join(view, "x.db"), "--select", "suite"];
    expect(await scenariolog(summary, { env })).toEqual({
      stdout: "from the log\n",
      stderr: "",
      code: 0,
      signal: null,
    });
    expect(fs.readdirSync(tmp)).toEqual([]);
  });

  test("verbs that write say so in one line", async () => {
    const view = readOnlyView(suite.dir)!;
    for (const args of [
      ["init"],
      ["run", "start", "--root-dir", "/"],
      ["run", "end", "--run-id", "latest"],
      ["index", "fts", "--run-id", "latest"],
    ]) {
      const db = args[0] === "init" ? "new.db" : "runs.db";
      const { stdout, stderr, code } = await scenariolog([...args, "--db", path.join(view, db)]);
      expect({ args, stdout, code }).toEqual({ args, stdout: "", code: 1 });
      expect(stderr).toMatch(/^Error: database \S+ cannot be (used|written): [^\n]+\n {2}[^\n]+\n$/);
    }
  });
});
