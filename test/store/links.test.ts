import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { openForReading, openForWriting } from "../../src/store/open.ts";
import { WriteQueue } from "../../src/store/write-queue.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

const MIB = 1 << 20;

/** A database in one directory, and a link to it in another. */
function linked(): { real: string; link: string } {
  const [real, link] = [path.join(tempDir(), "real.db"), path.join(tempDir(), "link.db")];
  openForWriting(real, { create: true }).close();
  fs.symlinkSync(real, link);
  return { real, link };
}

test("a recorder that opens a database by a link moves the log that SQLite keeps beside the file", () => {
  const { real, link } = linked();
  const [idle, store] = [openForWriting(real, { create: false }), openForWriting(link, { create: false })];
  store.run("CREATE TABLE t(bytes)");
  const sizes: number[] = [];
  for (let i = 0; i < 20; i++) {
    store.transaction(() => store.run("INSERT INTO t VALUES (randomblob(?))", 3 * MIB));
    store.checkpoint();
    sizes.push(fs.statSync(`${real}-wal`).size);
  }
  expect(Math.max(...sizes)).toBeLessThan(25 * MIB);
  for (const each of [idle, store]) each.close();
});

test.if(process.platform === "linux")("a recorder that opens a database by a link is seen by the others", () => {
  const { real, link } = linked();
  const store = openForWriting(link, { create: false });
  const other = new WriteQueue(real);
  expect(other.join()).toBe(false);
  for (const each of [other, store]) each.close();
});

test("a report that opens a database by a link leaves the log of a dead recorder as it is", () => {
  const { real, link } = linked();
  const child = Bun.spawnSync([
    process.execPath,
    "-e",
    `const { Database } = require("bun:sqlite");
     new Database(process.argv[1]).run("INSERT INTO scenario_runs(run_id, root_dir, started_at) VALUES ('r', '/', '')");
     process.kill(process.pid, "SIGKILL");`,
    real,
  ]);
  expect(child.signalCode).toBe("SIGKILL");
  const before = fs.readFileSync(`${real}-wal`);
  expect(before.length).toBeGreaterThan(0);
  const reader = openForReading(link);
  expect(reader.all<{ run_id: string }>("SELECT run_id FROM scenario_runs")).toEqual([{ run_id: "r" }]);
  reader.close();
  expect(fs.readFileSync(`${real}-wal`).equals(before)).toBe(true);
});

test("after run end the file alone holds the run, even if somebody has the database open to read it", async () => {
  const suite = await startSuite();
  const reader = new Database(suite.db, { readonly: true });
  reader.query("SELECT count(*) FROM scenario_runs").get();
  await suite.exec(["--step-num", "1"], ["echo", "giraffe"]);
  expect((await scenariolog(["run", "end", "--db", suite.db, "--run-id", suite.runId])).code).toBe(0);
  const copy = path.join(tempDir(), "copy.db");
  fs.copyFileSync(suite.db, copy);
  const alone = new Database(copy);
  expect(alone.query("SELECT exit_code FROM steps").values()).toEqual([[0]]);
  expect(alone.query("SELECT exit_code FROM scenario_runs").values()).toEqual([[0]]);
  expect(alone.query("SELECT text FROM log_lines_fts").values()).toEqual([["giraffe"]]);
  for (const each of [reader, alone]) each.close();
});
