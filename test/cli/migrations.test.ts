import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { GoBuild } from "../support/go-build.ts";
import { cleanEnv, program, run, scenariolog, tempDir } from "../support/program.ts";

const silent = { stdout: "", stderr: "", code: 0, signal: null };

async function initialised(): Promise<string> {
  const db = path.join(tempDir(), "new.db");
  expect(await scenariolog(["init", "--db", db])).toEqual(silent);
  return db;
}

function reading<T>(file: string, read: (all: (sql: string) => Record<string, unknown>[]) => T): T {
  const db = new Database(file, { readonly: true });
  try {
    return read((sql) => db.query(sql).all() as Record<string, unknown>[]);
  } finally {
    db.close();
  }
}

/** On tables of the Go build's, which keeps them up to date without knowing of them. */
const OUR_INDEXES = ["idx_runs_start"];

/** What SQLite says about a table: columns, foreign keys, indexes and what they index, but for those of ours. */
function shapeOf(file: string, table: string): unknown {
  return reading(file, (all) => ({
    columns: all(`PRAGMA table_info(${table})`),
    references: all(`PRAGMA foreign_key_list(${table})`)
      .map(({ from, to, table, on_delete }) => `${from} ${table}.${to} ${on_delete}`)
      .sort(),
    indexes: all(`PRAGMA index_list(${table})`)
      .filter(({ name }) => !OUR_INDEXES.includes(String(name)))
      .map(({ name, unique, origin }) => ({
        name,
        unique,
        origin,
        columns: all(`PRAGMA index_info(${name})`).map((row) => row.name),
      }))
      .sort((a, b) => String(a.name).localeCompare(String(b.name))),
    autoincrement: /AUTOINCREMENT/.test(String(all(`SELECT sql FROM sqlite_master WHERE name = '${table}'`)[0]!.sql)),
  }));
}

describe("a new database", () => {
  const tables = ["scenario_runs", "steps", "commands", "kv", "artifacts"];

  test("has the tables of version 1 with exactly the Go build's columns, keys and indexes", async () => {
    const db = await initialised();
    const go = path.join(tempDir(), "go.db");
    new GoBuild(go).close();
    for (const table of tables) expect(shapeOf(db, table)).toEqual(shapeOf(go, table));
    const fts = (file: string) =>
      reading(file, (all) => all("PRAGMA table_info(log_lines_fts)").map((row) => row.name));
    expect(fts(db)).toEqual(["run_id", "artifact_id", "line_num", "text"]);
    expect(fts(db)).toEqual(fts(go));
    const sql = reading(db, (all) => all("SELECT sql FROM sqlite_master WHERE name = 'log_lines_fts'"))[0]!.sql;
    expect(sql).toMatch(
      /fts5\(\s*run_id UNINDEXED, artifact_id UNINDEXED, line_num UNINDEXED, text, tokenize='unicode61'\s*\)/,
    );
  });

  test("keeps the rules of version 1: cascades, no command without its step, defaults", async () => {
    const db = new Database(await initialised());
    db.run("PRAGMA foreign_keys = ON");
    db.run("INSERT INTO scenario_runs(run_id, root_dir, started_at) VALUES ('r', '/', 't')");
    db.run("INSERT INTO steps(step_id, run_id, step_num, step_name, started_at) VALUES ('s', 'r', 1, 'n', 't')");
    db.run("INSERT INTO commands(command_id, step_id, command_num, started_at) VALUES ('c', 's', 1, 't')");
    for (const table of [
      "kv(run_id, step_id, command_id, k, v)",
      "artifacts(run_id, step_id, command_id, kind, path)",
    ]) {
      db.run(`INSERT INTO ${table} VALUES ('r', 's', 'c', 'a', 'b')`);
      expect(() => db.run(`INSERT INTO ${table} VALUES ('r', 's', 'c', 'a', 'b')`)).toThrow("UNIQUE");
      expect(() => db.run(`INSERT INTO ${table} VALUES ('r', NULL, 'c', 'a', 'c')`)).toThrow("CHECK");
      expect(() => db.run(`INSERT INTO ${table} VALUES ('other', NULL, NULL, 'a', 'c')`)).toThrow("FOREIGN KEY");
    }
    expect(db.query("SELECT is_text, created_at FROM artifacts").get()).toEqual({
      is_text: 1,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    });
    db.run("DELETE FROM scenario_runs");
    for (const table of tables) expect(db.query(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
    db.close();
  });

  test("has version 1, a write-ahead log, and a record of each migration by name", async () => {
    reading(await initialised(), (all) => {
      expect(all("PRAGMA user_version")).toEqual([{ user_version: 1 }]);
      expect(all("PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
      const names = all("SELECT name FROM scenariolog_migrations ORDER BY name").map((row) => String(row.name));
      expect(names.slice(0, 3)).toEqual(["0001-go-schema-v1", "0002-log-lines-fts", "0003-line-ranges"]);
      for (const name of names) expect(name).toMatch(/^\d{4}-[a-z0-9-]+$/);
      expect(new Set(names.map((name) => name.slice(0, 4))).size).toBe(names.length);
    });
  });

  test("is made of an empty file too, and leaves nothing beside it", async () => {
    const dir = tempDir();
    const db = path.join(dir, "empty.db");
    fs.writeFileSync(db, "");
    expect(await scenariolog(["init", "--db", db])).toEqual(silent);
    expect(fs.readdirSync(dir)).toEqual(["empty.db"]);
    expect(shapeOf(db, "kv")).toEqual(shapeOf(await initialised(), "kv"));
  });

  test.each(["a b.db", "100%25.db", "what?mode=memory#x.db", "größe.db", "file:x.db", ":memory:", "-dash.db"])(
    "may be called %j",
    async (name) => {
      const dir = tempDir();
      expect(
        await scenariolog(["run", "start", "--db", name, "--root-dir", "/", "--run-id", "r"], { cwd: dir }),
      ).toMatchObject({ code: 0 });
      expect(await scenariolog(["summary", "--db", name, "--select", "run_id"], { cwd: dir })).toMatchObject({
        stdout: "r\n",
        code: 0,
      });
      expect(fs.readdirSync(dir)).toEqual([name]);
    },
  );
});

describe("a database that is up to date", () => {
  test("is not written when it is opened, not even its log", async () => {
    const db = await initialised();
    fs.utimesSync(db, 1e9, 1e9);
    const before = contentsOf(path.dirname(db));
    const watcher = new Database(db); // keeps the log alive to be looked at
    const version = () => (watcher.query("PRAGMA data_version").get() as { data_version: number }).data_version;
    const first = version();
    expect(await scenariolog(["init", "--db", db])).toEqual(silent);
    expect(await scenariolog(["run", "end", "--db", db, "--run-id", "none"])).toMatchObject({ code: 1 });
    expect({ version: version(), log: fs.statSync(`${db}-wal`).size, mtimeMs: fs.statSync(db).mtimeMs }).toEqual({
      version: first,
      log: 0,
      mtimeMs: 1e12,
    });
    watcher.close();
    expect(contentsOf(path.dirname(db))).toEqual(before);
  });

  test("is brought on from wherever an interrupted migration left it", async () => {
    const whole = await initialised();
    const names = reading(whole, (all) =>
      all("SELECT name FROM scenariolog_migrations ORDER BY name").map((row) => row.name),
    );
    const ours = reading(whole, (all) => all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"));
    const db = path.join(tempDir(), "part.db");
    new GoBuild(db, { fts: false }).close();
    const part = new Database(db);
    part.run(
      "CREATE TABLE scenariolog_migrations(name TEXT PRIMARY KEY, applied_at TEXT NOT NULL DEFAULT '') WITHOUT ROWID",
    );
    part.run("INSERT INTO scenariolog_migrations(name) VALUES ('0001-go-schema-v1')");
    part.close();
    expect(await scenariolog(["init", "--db", db])).toEqual(silent);
    reading(db, (all) => {
      expect(all("SELECT name FROM scenariolog_migrations ORDER BY name").map((row) => row.name)).toEqual(names);
      expect(all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")).toEqual(ours);
    });
  });
});

test("killed at any moment while it is made, a database is finished by the next one who opens it", async () => {
  for (let round = 0; round < 12; round++) {
    const db = path.join(tempDir(), "killed.db");
    const child = Bun.spawn([...program, "init", "--db", db], { env: cleanEnv, stdout: "ignore", stderr: "ignore" });
    while (!fs.existsSync(db) && child.exitCode === null) await Bun.sleep(0);
    await Bun.sleep(round * 0.4);
    child.kill("SIGKILL");
    await child.exited;
    expect(await scenariolog(["run", "start", "--db", db, "--root-dir", "/", "--run-id", "r"])).toMatchObject({
      stderr: "",
      code: 0,
    });
    expect(await scenariolog(["summary", "--db", db, "--select", "run_id"])).toMatchObject({ stdout: "r\n", code: 0 });
  }
});

test.each([50, 100])("%d processes that make one database at once all succeed", async (count) => {
  const dir = tempDir();
  const [db, gate] = [path.join(dir, "race.db"), path.join(dir, "gate")];
  await run(["mkfifo", gate]);
  const argv = (i: number) =>
    i % 2 === 0 ? ["init", "--db", db] : ["run", "start", "--db", db, "--root-dir", "/", "--run-id", `run-${i}`];
  // Each waits until the gate opens: started one by one, the first would be done before the last begins.
  const wait = ["sh", "-c", 'read x <"$0"; exec "$@"', gate, ...program];
  const children = Array.from({ length: count }, (_, i) => run([...wait, ...argv(i)]));
  const opener = fs.openSync(gate, "r+");
  await Bun.sleep(count * 8);
  fs.writeSync(opener, "\n".repeat(count));
  const results = await Promise.all(children);
  fs.closeSync(opener);
  expect(results.filter(({ code, stderr }) => code !== 0 || stderr !== "")).toEqual([]);
  reading(db, (all) => {
    expect(all("SELECT count(*) AS n FROM scenario_runs")).toEqual([{ n: count / 2 }]);
    expect(all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    expect(all("SELECT count(*) AS n FROM scenariolog_migrations WHERE name = '0001-go-schema-v1'")).toEqual([
      { n: 1 },
    ]);
  });
});
