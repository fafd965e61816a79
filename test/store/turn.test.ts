import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import path from "node:path";
import { openForWriting } from "../../src/store/open.ts";
import { Turn } from "../../src/store/turn.ts";
import { run, tempDir } from "../support/program.ts";

const onLinux = test.if(process.platform === "linux");

function newDatabase(): string {
  const db = path.join(tempDir(), "x.db");
  openForWriting(db, { create: true }).close();
  return db;
}

onLinux("an indexer knows that a short write waits, until the last one has gone", () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const [indexer, one, other] = [new Turn(db), new Turn(db), new Turn(db)];
  expect(indexer.isWanted).toBe(false);
  const oneIsDone = one.announce();
  const otherIsDone = other.announce();
  // Two indexers that look at the same moment see the same.
  expect([indexer.isWanted, new Turn(db).isWanted]).toEqual([true, true]);
  oneIsDone();
  expect(indexer.isWanted).toBe(true);
  otherIsDone();
  expect(indexer.isWanted).toBe(false);
  store.close();
});

onLinux("a process that dies while it waits holds nobody up", async () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const turn = path.join(import.meta.dir, "../../src/store/turn.ts");
  const code = `import { Turn } from ${JSON.stringify(turn)};
    new Turn(process.argv[1]).announce();
    console.log(new Turn(process.argv[1]).isWanted);
    process.kill(process.pid, "SIGKILL");`;
  expect(await run([process.execPath, "-e", code, db])).toMatchObject({ stdout: "true\n", signal: "SIGKILL" });
  expect(new Turn(db).isWanted).toBe(false);
  store.close();
});

onLinux("an indexer whose slice ran on into a rest begins a whole one, for all", async () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const [one, other] = [new Turn(db), new Turn(db)];
  // Two seconds hold the beginning of a rest, whatever the time is.
  const rest = one.restIfOverrun(Date.now() - 2000);
  const startMs = performance.now();
  expect(other.isRest).toBe(true);
  await rest;
  expect(performance.now() - startMs).toBeGreaterThan(100);
  while (other.isRest) await Bun.sleep(10);
  await one.restIfOverrun(Date.now());
  expect(other.isRest).toBe(false);
  for (const turn of [one, other]) turn.close();
  store.close();
});

onLinux("an indexer knows whether another process has the database open, and keeps its own locks", async () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const turn = new Turn(db);
  expect(turn.hasCompany).toBe(false);
  const other = Bun.spawn(
    [
      process.execPath,
      "-e",
      `import { Database } from "bun:sqlite";
       const db = new Database(process.argv[1]);
       db.query("SELECT count(*) FROM scenario_runs").get();
       console.log("open");
       await Bun.stdin.text();
       db.close();`,
      db,
    ],
    { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  );
  await other.stdout.getReader().read();
  expect(turn.hasCompany).toBe(true);
  other.stdin.end();
  expect(await other.exited).toBe(0);
  expect(turn.hasCompany).toBe(false);
  turn.close();
  expect(await run([process.execPath, "-e", HAS_COMPANY, db])).toMatchObject({ stdout: "true\n", stderr: "" });
  store.close();
});

const HAS_COMPANY = `
  import { Turn } from ${JSON.stringify(path.join(import.meta.dir, "../../src/store/turn.ts"))};
  console.log(new Turn(process.argv[1]).hasCompany);`;

onLinux("an unhurried write that has met a lock lets short ones go first", async () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const holder = new Database(db);
  const turn = new Turn(db);
  holder.run("BEGIN IMMEDIATE");
  const shortOneIsDone = turn.announce();
  const startMs = performance.now();
  const child = run([process.execPath, "-e", UNHURRIED, db]);
  const doneMs = child.then(() => performance.now() - startMs);
  await Bun.sleep(300);
  holder.run("ROLLBACK");
  await Bun.sleep(300);
  shortOneIsDone();
  expect(await child).toMatchObject({ stdout: "written\n", stderr: "", code: 0 });
  expect(await doneMs).toBeGreaterThan(590);
  for (const each of [holder, turn, store]) each.close();
});

const UNHURRIED = `
  import { openForWriting } from ${JSON.stringify(path.join(import.meta.dir, "../../src/store/open.ts"))};
  const store = openForWriting(process.argv[1], { create: false });
  store.immediate(() => store.run("DELETE FROM scenario_runs"), true);
  store.close();
  console.log("written");`;

test("without a write-ahead log nobody waits for anybody", () => {
  const db = path.join(tempDir(), "none.db");
  const turn = new Turn(db);
  turn.announce()();
  expect(turn.isWanted).toBe(false);
  turn.close();
});

test("a write is refused in one line when another process keeps the lock, and only after five seconds", () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const holder = new Database(db);
  holder.run("BEGIN IMMEDIATE");
  const startMs = performance.now();
  expect(() => store.immediate(() => {})).toThrow(`database ${db} is locked by another process`);
  expect(performance.now() - startMs).toBeGreaterThan(4900);
  holder.run("ROLLBACK");
  expect(store.immediate(() => "written")).toBe("written");
  holder.close();
  store.close();
}, 30_000);
