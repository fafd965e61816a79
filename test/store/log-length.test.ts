import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { openForWriting } from "../../src/store/open.ts";
import { tempDir } from "../support/program.ts";

const MIB = 1 << 20;

/** Two connections of another process, one of which at least is reading at any moment. */
const READERS = `
  import { Database } from "bun:sqlite";
  const [one, other] = [0, 0].map(() => new Database(process.argv[1], { readonly: true }));
  const begin = (db) => { db.run("BEGIN"); db.query("SELECT count(*) FROM t").get(); };
  begin(one);
  console.log("reading");
  for (;;) {
    for (const [next, last] of [[other, one], [one, other]]) {
      begin(next);
      await Bun.sleep(10);
      last.run("COMMIT");
    }
  }`;

test("the write-ahead log stays short even if there is always a reader", async () => {
  const db = path.join(tempDir(), "x.db");
  const store = openForWriting(db, { create: true });
  store.run("CREATE TABLE t(bytes)");
  const readers = Bun.spawn([process.execPath, "-e", READERS, db], { stdout: "pipe", stderr: "inherit" });
  try {
    await readers.stdout.getReader().read();
    let longest = 0;
    for (let i = 0; i < 100; i++) {
      await store.backgroundTransaction(() => store.run("INSERT INTO t VALUES (randomblob(?))", 3 * MIB));
      longest = Math.max(longest, fs.statSync(`${db}-wal`).size);
      await Bun.sleep(1);
    }
    expect(longest).toBeGreaterThan(3 * MIB);
    expect(longest).toBeLessThan(150 * MIB);
  } finally {
    readers.kill("SIGKILL");
    await readers.exited;
    store.close();
  }
});

test("a recorder moves a log that has grown into the file after its work, even if others have it open", () => {
  const db = path.join(tempDir(), "x.db");
  const [idle, store] = [openForWriting(db, { create: true }), openForWriting(db, { create: true })];
  store.run("CREATE TABLE t(bytes)");
  const sizes: number[] = [];
  for (let i = 0; i < 20; i++) {
    store.transaction(() => store.run("INSERT INTO t VALUES (randomblob(?))", 3 * MIB));
    store.checkpoint();
    sizes.push(fs.statSync(`${db}-wal`).size);
  }
  expect(Math.max(...sizes)).toBeLessThan(25 * MIB);
  for (const each of [idle, store]) each.close();
});
