import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { GoBuild } from "../support/go-build.ts";
import { cleanEnv, program, scenariolog, tempDir } from "../support/program.ts";
import { addSeries } from "../support/series.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** A run of one step with logs in a directory of its own, or in `logDir`. */
async function record(
  suite: Suite,
  id: string,
  script: string,
  logDir = `.logs/${id}`,
  name = "nightly",
): Promise<void> {
  await suite.verb("run start", ["--root-dir", suite.dir, "--run-id", id, "--suite", name]);
  const flags = ["--run-id", id, "--root-dir", suite.dir, "--log-dir", logDir, "--name", "step", "--step-num", "1"];
  const { code } = await suite.verb("exec", [...flags, "--", "bash", "-c", script], { cwd: suite.dir });
  await suite.verb("run end", ["--run-id", id, "--exit-code", String(code)]);
}
const idsOf = (suite: Suite) =>
  suite.sql("SELECT run_id FROM scenario_runs ORDER BY started_at").map((row) => row.run_id);
const pruned = async (suite: Suite, ...flags: string[]) => {
  const done = await suite.verb("prune", flags);
  expect({ code: done.code, problems: done.stderr.match(/warn.*/gi) }).toEqual({ code: 0, problems: null });
  return done;
};
/** Rows in every table that has any, but for the ledger and the index's own. */
function rowCounts(suite: Suite): Record<string, number> {
  const tables = suite.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  const counts = tables.map(
    ({ name }) => [name, Number(suite.sql(`SELECT count(*) AS n FROM "${name}"`)[0]!.n)] as const,
  );
  return Object.fromEntries(
    counts.filter(([name, n]) => n > 0 && !/_migrations$|_(data|idx|config)$/.test(String(name))),
  );
}

describe("prune", () => {
  test("refuses an unknown column before it deletes anything", async () => {
    const suite = await startSuite();
    await record(suite, "old", "true");
    await record(suite, "new", "true");
    const { code, stderr } = await suite.verb("prune", ["--keep", "1", "--fields", "nonsense"]);
    expect({ code, named: stderr.includes("nonsense") }).toEqual({ code: 2, named: true });
    expect(idsOf(suite)).toEqual(expect.arrayContaining(["old", "new"]));
  });

  test("leaves nothing of a deleted run: rows, tags, index lines, log files and folders", async () => {
    const suite = await startSuite();
    await suite.verb("run end", ["--run-id", suite.runId]);
    await record(suite, "kept", "echo kept words");
    const before = rowCounts(suite);
    const files = contentsOf(suite.dir);
    await record(suite, "gone", "echo gone words; echo gone >&2; cd /; for i in 1 2 3; do true; done; exit 3");
    expect(fs.existsSync(path.join(suite.dir, ".logs/gone/step-01-stdout.txt"))).toBe(true);
    await pruned(suite, "--older-than", "0s", "--suite", "nightly", "--keep-failed", "0s");
    expect(idsOf(suite)).toEqual([suite.runId, "kept"]);
    expect(rowCounts(suite)).toEqual(before);
    const logs = (all: object) => Object.keys(all).filter((file) => file.includes(".logs"));
    expect(logs(contentsOf(suite.dir))).toEqual(logs(files));
    expect(suite.sql("SELECT text FROM log_lines_fts WHERE log_lines_fts MATCH 'words'")).toEqual([
      { text: "kept words" },
    ]);
    expect(suite.sql("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(suite.sql("PRAGMA foreign_key_check")).toEqual([]);
  });

  test("keeps the newest runs of each suite, and the last one that passed", async () => {
    const suite = await startSuite();
    await suite.verb("run end", ["--run-id", suite.runId]);
    addSeries(
      suite,
      [..."PPFFF"].map((letter) => ({ steps: { load: letter }, startedAt: undefined as never })),
    );
    addSeries(
      suite,
      [..."PP"].map((letter) => ({ steps: { load: letter }, suite: "other" })),
      5,
    );
    const shown = await suite.rows("prune", ["--keep", "2", "--dry-run"]);
    expect(shown.map(({ run }) => run)).toEqual(["s0", "s2"]);
    expect(idsOf(suite)).toHaveLength(8);
    await pruned(suite, "--keep", "2");
    expect(idsOf(suite)).toEqual([suite.runId, "s1", "s3", "s4", "s5", "s6"]);
  });

  test("keeps failing runs longer than passing ones", async () => {
    const suite = await startSuite();
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    const run = (letter: string, days: number) => ({ steps: { load: letter }, startedAt: daysAgo(days) });
    addSeries(suite, [run("F", 100), run("P", 50), run("F", 49), run("P", 40), run("P", 1)]);
    const goes = async (...flags: string[]) =>
      (await suite.rows("prune", [...flags, "--dry-run"])).map(({ run }) => run);
    expect(await goes("--older-than", "30d")).toEqual(["s0", "s1", "s3"]);
    expect(await goes("--older-than", "30d", "--keep-failed", "200d")).toEqual(["s1", "s3"]);
    expect(await goes("--older-than", "30d", "--keep-failed", "1d")).toEqual(["s0", "s1", "s2", "s3"]);
    expect(await goes("--older-than", "30d", "--keep", "3")).toEqual(["s0", "s1"]);
    expect(await goes("--keep-failed", "1d").catch(({ message }) => message)).toContain("alone deletes nothing");
  });

  test("never deletes a run that may be going on", async () => {
    const suite = await startSuite();
    const going = suite.exec(["--step-num", "1"], ["sleep", "3"]);
    while (suite.sql("SELECT 1 FROM attempts").length === 0) await Bun.sleep(10);
    await pruned(suite, "--keep", "0");
    expect(idsOf(suite)).toEqual([suite.runId]);
    expect((await going).code).toBe(0);
    await pruned(suite, "--keep", "0");
    expect(idsOf(suite)).toEqual([suite.runId]);
  });

  test("deletes the oldest runs until all of it fits, those that passed first", async () => {
    const suite = await startSuite();
    for (const [id, code] of [
      ["one", 1],
      ["two", 0],
      ["three", 0],
      ["four", 0],
    ] as const) {
      await record(suite, id, `head -c 2000000 /dev/zero | tr '\\0' '\\n' | head -c 1000000; exit ${code}`);
    }
    await pruned(suite, "--max-size", "1G");
    expect(idsOf(suite)).toHaveLength(5);
    const size = suite.sql("SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size")[0]!
      .n as number;
    await pruned(suite, "--max-size", String(Math.round((size + 4_000_000) * 0.6)));
    expect(idsOf(suite)).toEqual([suite.runId, "one", "four"]);
  });

  test("leaves files that are not a recorder's, that lie outside, or that another run has", async () => {
    const suite = await startSuite();
    const outside = tempDir();
    await suite.verb("run start", ["--root-dir", suite.dir, "--run-id", "red", "--suite", "nightly"]);
    fs.writeFileSync(path.join(suite.dir, "report.html"), "mine");
    await record(suite, "gone", "true", "logs");
    await record(suite, "green", "true", "logs");
    const db = new Database(suite.db);
    const add = db.query("INSERT INTO artifacts(run_id, kind, path, size_bytes) VALUES ('gone', 'stdout', ?, 4)");
    fs.writeFileSync(path.join(outside, "step-01-stdout.txt"), "else");
    fs.symlinkSync(path.join(outside, "step-01-stdout.txt"), path.join(suite.dir, "step-02-stdout.txt"));
    for (const file of ["report.html", path.join(outside, "step-01-stdout.txt"), "step-02-stdout.txt"]) add.run(file);
    // What is another run's by now.
    add.run("logs/step-01-stdout.txt");
    db.close();
    const { stderr, code } = await suite.verb("prune", ["--keep", "0", "--suite", "nightly"]);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("it was left") });
    expect(idsOf(suite)).not.toContain("gone");
    expect(fs.readFileSync(path.join(suite.dir, "report.html"), "utf8")).toBe("mine");
    expect(fs.readFileSync(path.join(outside, "step-01-stdout.txt"), "utf8")).toBe("else");
    expect(fs.readdirSync(path.join(suite.dir, "logs")).sort()).toEqual(["step-01-stderr.txt", "step-01-stdout.txt"]);
    expect(await suite.rows("verify", ["--run-id", "green"])).toEqual([]);
  });

  test("shortens the database in small steps, and an old file with --vacuum", async () => {
    const words = "for i in $(seq 30000); do echo line $i $RANDOM $RANDOM; done";
    for (const old of [false, true]) {
      const suite = await startSuite();
      if (old) {
        const db = new Database(suite.db);
        db.run("PRAGMA journal_mode = DELETE");
        db.run("PRAGMA auto_vacuum = NONE");
        db.run("VACUUM");
        db.close();
      }
      await record(suite, "large", words);
      await record(suite, "small", "true");
      const before = fs.statSync(suite.db).size;
      const { stderr } = await pruned(suite, "--keep", "1", ...(old ? [] : []));
      if (old) {
        expect(stderr).toContain("--vacuum gives them back");
        expect(fs.statSync(suite.db).size).toBeGreaterThanOrEqual(before);
        await pruned(suite, "--keep", "1", "--vacuum");
        expect(suite.sql("PRAGMA auto_vacuum")).toEqual([{ auto_vacuum: 2 }]);
      }
      expect(before).toBeGreaterThan(2_000_000);
      expect(fs.statSync(suite.db).size).toBeLessThan(600_000);
    }
  });

  test("sweeps what runs left that were deleted by SQL, and the Go build reads the file afterwards", async () => {
    const dir = tempDir();
    const db = path.join(dir, "go.db");
    const go = new GoBuild(db);
    for (const id of ["one", "two"]) {
      go.run(id, dir, `2024-03-01T10:00:0${id === "one" ? 1 : 2}Z`, { at: "2024-03-01T10:00:09Z", code: 0, ms: 500 });
      go.exec(id, dir, 1, { stdout: `${id} words\n`, stderr: "" }, 0);
    }
    go.db.run("PRAGMA foreign_keys = OFF");
    go.db.run("DELETE FROM scenario_runs WHERE run_id = 'one'");
    go.close();
    const { stderr, code } = await scenariolog(["prune", "--db", db]);
    expect({ stderr, code }).toMatchObject({
      stderr: expect.stringContaining("finished the deletion of 1 run"),
      code: 0,
    });
    const after = new GoBuild(db);
    const all = (sql: string) => after.db.query(sql).values();
    expect(all("SELECT text FROM log_lines_fts")).toEqual([["two words"]]);
    for (const table of ["steps", "kv", "artifacts"])
      expect(all(`SELECT DISTINCT run_id FROM ${table}`)).toEqual([["two"]]);
    expect(all("PRAGMA user_version")).toEqual([[1]]);
    after.exec("two", dir, 2, { stdout: "more words\n", stderr: "" }, 0);
    after.close();
  });

  test("killed at any moment shows nothing half deleted, and the next one goes on", async () => {
    for (const delayMs of [40, 80, 140, 220, 300]) {
      const suite = await startSuite();
      await record(suite, "large", "for i in $(seq 20000); do echo line $i; done");
      await record(suite, "small", "echo kept");
      const child = Bun.spawn([...program, "prune", "--db", suite.db, "--keep", "1"], {
        env: cleanEnv,
        stderr: "ignore",
      });
      await Bun.sleep(delayMs);
      child.kill("SIGKILL");
      await child.exited;
      const shown = await suite.rows("runs", ["--suite", "nightly"]);
      if (shown.length === 2) expect(await suite.rows("verify", ["--run-id", "large"])).toEqual([]);
      else expect((await suite.verb("steps", ["large"])).code).toBe(1);
      await pruned(suite, "--keep", "1");
      expect(idsOf(suite)).toEqual([suite.runId, "small"]);
      expect(suite.sql("SELECT text FROM log_lines_fts")).toEqual([{ text: "kept" }]);
      expect(suite.sql("SELECT 1 FROM pruned_runs UNION ALL SELECT 1 FROM pruned_steps")).toEqual([]);
      expect(fs.readdirSync(path.join(suite.dir, ".logs"))).toEqual(["small"]);
      expect(suite.sql("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    }
  });

  test("refuses what it does not understand, and deletes nothing", async () => {
    const suite = await startSuite();
    for (const flags of [["--keep", "-1"], ["--older-than", "old"], ["--max-size", "big"], ["run"]]) {
      expect(await suite.verb("prune", flags)).toMatchObject({ stdout: "", code: 2 });
    }
    expect(idsOf(suite)).toEqual([suite.runId]);
  });
});
