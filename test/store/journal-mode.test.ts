import { Database } from "bun:sqlite";
import { afterEach, describe, expect, spyOn, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { openForWriting } from "../../src/store/open.ts";
import { contentsOf } from "../support/files.ts";
import { inProcess } from "../support/in-process.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

const NFS = 0x6969;
const CIFS = 0xff534d42;

/** From now on every directory claims to be of this file system: a test cannot mount another machine's. */
function pretend(type: number) {
  const real = fs.statfsSync;
  return spyOn(fs, "statfsSync").mockImplementation(((dir: string) => ({ ...real(dir), type })) as never);
}

let spy: ReturnType<typeof pretend> | undefined;

afterEach(() => spy?.mockRestore());

function modeOf(db: string): unknown {
  const handle = new Database(db, { readonly: true });
  const mode = handle.query("PRAGMA journal_mode").values()[0]?.[0];
  handle.close();
  return mode;
}

describe("a database on a network file system", () => {
  test.each([
    ["NFS", NFS],
    ["CIFS", CIFS],
    ["CIFS", CIFS | 0], // as a signed number
    ["9p", 0x01021997],
  ])("has no write-ahead log (%s), which init and run start say once", async (name, type) => {
    const dir = tempDir();
    const db = path.join(dir, "x.db");
    spy = pretend(type);
    const init = await inProcess(["init", "--db", db]);
    expect(init).toMatchObject({ stdout: "", end: 0 });
    expect(init.stderr).toMatch(
      /^\[scenariolog\] note: database \S+ is on (\S+), where [^\n]+ rollback journal [^\n]+\n$/,
    );
    expect(init.stderr).toContain(`is on ${name},`);
    expect(modeOf(db)).toBe("delete");
    const start = await inProcess(["run", "start", "--db", db, "--root-dir", dir, "--run-id", "r"]);
    expect(start).toMatchObject({ stdout: "r\n", stderr: init.stderr, end: 0 });
    expect(await inProcess(["run", "end", "--db", db, "--run-id", "r"])).toEqual({ stdout: "", stderr: "", end: 0 });
    expect(modeOf(db)).toBe("delete");
    expect(fs.readdirSync(dir)).toEqual(["x.db"]);
  });

  test("leaves WAL mode after it was copied there, unless somebody uses it", async () => {
    const db = path.join(tempDir(), "x.db");
    await inProcess(["init", "--db", db]);
    expect(modeOf(db)).toBe("wal");
    spy = pretend(NFS);
    const reader = new Database(db);
    reader.query("SELECT * FROM kv").all();
    const busy = await inProcess(["init", "--db", db]);
    expect(busy).toMatchObject({
      end: 0,
      stderr: expect.stringMatching(/^\S+ note: [^\n]*, in WAL mode, and in use: [^\n]+\n$/),
    });
    reader.close();
    expect(await inProcess(["init", "--db", db])).toMatchObject({
      end: 0,
      stderr: expect.stringContaining("rollback journal"),
    });
    expect(modeOf(db)).toBe("delete");
  });

  test("is synced at every commit", () => {
    const db = path.join(tempDir(), "x.db");
    spy = pretend(NFS);
    const store = openForWriting(db, { create: true });
    expect(store.get("PRAGMA synchronous")).toEqual({ synchronous: 2 });
    store.close();
  });
});

test("recording a step does not check the place of a database in WAL mode", () => {
  const db = path.join(tempDir(), "x.db");
  openForWriting(db, { create: true }).close();
  spy = pretend(NFS);
  const store = openForWriting(db, { create: false });
  store.close();
  expect(spy).toHaveBeenCalledTimes(0);
  expect(modeOf(db)).toBe("wal");
  expect(store.caveat).toBeNull();
});

describe("a database with a rollback journal", () => {
  test("records and reports like any other, and comes back to WAL mode on a local disk", async () => {
    const suite = await startSuite();
    const handle = new Database(suite.db);
    expect(handle.query("PRAGMA journal_mode = DELETE").values()).toEqual([["delete"]]);
    handle.close();
    expect(await suite.exec(["--step-num", "1"], ["echo", "needle"])).toMatchObject({ code: 0 });
    expect(modeOf(suite.db)).toBe("wal");
    expect(await suite.rows("search", ["--query", "needle"])).toHaveLength(1);
  });

  test("reads as it was before the transaction of a writer that died, and stays as it is", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["true"]);
    const handle = new Database(suite.db);
    handle.run("PRAGMA journal_mode = DELETE");
    handle.run("PRAGMA cache_size = 1");
    handle.run("PRAGMA cache_spill = 1");
    handle.run("BEGIN IMMEDIATE");
    // More than the cache holds: it is in the file by now, and only the journal knows how to undo it.
    handle.run("DELETE FROM steps");
    handle.run(
      "CREATE TABLE filler AS WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, randomblob(2000) FROM n",
    );
    const dir = tempDir();
    const db = path.join(dir, "copy.db");
    for (const suffix of ["", "-journal"]) fs.copyFileSync(suite.db + suffix, db + suffix);
    handle.run("ROLLBACK");
    handle.close();
    const before = contentsOf(dir);
    const summary = await scenariolog(["summary", "--db", db, "--select", "total_steps"]);
    expect(summary).toMatchObject({ stdout: "1\n", stderr: "", code: 0 });
    expect(contentsOf(dir)).toEqual(before);
  });
});
