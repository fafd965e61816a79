import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import path from "node:path";
import { openForWriting } from "../../src/store/open.ts";
import { WriteQueue } from "../../src/store/write-queue.ts";
import { run, tempDir } from "../support/program.ts";

const onLinux = test.if(process.platform === "linux");

function newDatabase(): string {
  const db = path.join(tempDir(), "x.db");
  openForWriting(db, { create: true }).close();
  return db;
}

onLinux("one process at a time has the turn, until it gives the turn back or closes", () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const [one, other] = [new WriteQueue(db), new WriteQueue(db)];
  expect([one.take("slice"), other.take("slice"), new WriteQueue(db).take("slice")]).toEqual([true, false, false]);
  expect([one.take("short"), other.take("short")]).toEqual([true, false]);
  one.giveBack("slice");
  expect([other.take("slice"), one.take("slice"), other.take("short")]).toEqual([true, false, false]);
  other.close();
  expect(one.take("slice")).toBe(true);
  for (const each of [one, store]) each.close();
});

onLinux("a process that dies gives its turn back", async () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const queue = path.join(import.meta.dir, "../../src/store/write-queue.ts");
  const code = `import { WriteQueue } from ${JSON.stringify(queue)};
    console.log(new WriteQueue(process.argv[1]).take("slice"), new WriteQueue(process.argv[1]).take("slice"));
    process.kill(process.pid, "SIGKILL");`;
  expect(await run([process.execPath, "-e", code, db])).toMatchObject({ stdout: "true false\n", signal: "SIGKILL" });
  expect(new WriteQueue(db).take("slice")).toBe(true);
  store.close();
});

onLinux(
  "a background transaction waits for its turn, and no longer than five seconds for a suspended process",
  async () => {
    const db = newDatabase();
    const store = openForWriting(db, { create: false });
    const suspended = new WriteQueue(db);
    suspended.take("slice");
    const startMs = performance.now();
    const elapsedMs = () => performance.now() - startMs;
    setTimeout(() => suspended.giveBack("slice"), 300);
    expect(await store.backgroundTransaction(() => elapsedMs())).toBeWithin(290, 4000);
    suspended.take("slice");
    const beganMs = elapsedMs();
    expect((await store.backgroundTransaction(() => elapsedMs()))! - beganMs).toBeWithin(4900, 9000);
    expect(
      await store.backgroundTransaction(
        () => "never",
        () => true,
      ),
    ).toBeUndefined();
    for (const each of [suspended, store]) each.close();
  },
  30_000,
);

onLinux("a background transaction leaves the database alone afterwards if another process has it open", async () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const timed = async () => {
    const startMs = performance.now();
    await store.backgroundTransaction(() => Bun.sleepSync(600));
    return performance.now() - startMs;
  };
  expect(await timed()).toBeLessThan(895);
  const other = Bun.spawn([process.execPath, "-e", `${OPEN_IT} console.log("open"); await Bun.stdin.text();`, db], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  await other.stdout.getReader().read();
  expect(await timed()).toBeGreaterThan(899);
  other.stdin.end();
  await other.exited;
  store.close();
});

const OPEN_IT = `
  import { Database } from "bun:sqlite";
  const db = new Database(process.argv[1]);
  db.query("SELECT count(*) FROM scenario_runs").get();`;

onLinux("a process learns whether another one has the database open, and keeps its own locks", async () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const turn = new WriteQueue(db);
  expect(turn.hasCompany).toBe(false);
  const other = Bun.spawn(
    [
      process.execPath,
      "-e",
      `${OPEN_IT}
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
  import { WriteQueue } from ${JSON.stringify(path.join(import.meta.dir, "../../src/store/write-queue.ts"))};
  console.log(new WriteQueue(process.argv[1]).hasCompany);`;

onLinux("the last recorder that leaves knows that it is alone", () => {
  const db = newDatabase();
  const store = new Database(db);
  store.query("SELECT count(*) FROM scenario_runs").get();
  const [one, other] = [new WriteQueue(db), new WriteQueue(db)];
  for (const each of [one, other]) each.join();
  expect([one.leave(), other.leave()]).toEqual([false, true]);
  for (const each of [one, other, store]) each.close();
});

test("without a write-ahead log every process has the turn, and each recorder is alone", () => {
  const db = path.join(tempDir(), "none.db");
  const [one, other] = [new WriteQueue(db), new WriteQueue(db)];
  expect([one.take("slice"), other.take("slice"), one.leave(), other.leave()]).toEqual([true, true, true, true]);
  for (const each of [one, other]) each.close();
});

test("a write waits for longer than five seconds while others commit", async () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const holder = Bun.spawn([process.execPath, "-e", GREEDY, db], { stdout: "pipe", stderr: "inherit" });
  await holder.stdout.getReader().read();
  const startMs = performance.now();
  expect(store.transaction(() => "written")).toBe("written");
  expect(performance.now() - startMs).toBeGreaterThan(5500);
  await holder.exited;
  store.close();
}, 30_000);

onLinux(
  "a write whose turn never comes, because a suspended process holds it, still waits for the lock for a moment",
  async () => {
    const db = newDatabase();
    const store = openForWriting(db, { create: false });
    const suspended = new WriteQueue(db);
    suspended.take("short");
    const holder = Bun.spawn([process.execPath, "-e", LATE, db], { stdout: "pipe", stderr: "inherit" });
    await holder.stdout.getReader().read();
    expect(store.transaction(() => "written")).toBe("written");
    await holder.exited;
    for (const each of [suspended, store]) each.close();
  },
  30_000,
);

/** Gives the lock back shortly after the five seconds that a write waits for its turn. */
const LATE = `
  import { Database } from "bun:sqlite";
  const db = new Database(process.argv[1]);
  db.run("BEGIN IMMEDIATE");
  console.log("holding");
  Bun.sleepSync(5250);
  db.run("ROLLBACK");`;

/** Three transactions of two seconds each, between which nobody else finds the lock free. */
const GREEDY = `
  import { Database } from "bun:sqlite";
  const db = new Database(process.argv[1]);
  for (let i = 0; i < 3; i++) {
    db.run("BEGIN IMMEDIATE");
    db.run("INSERT INTO scenario_runs(run_id, root_dir, started_at) VALUES (?, '/', '')", [String(i)]);
    if (i === 0) console.log("holding");
    Bun.sleepSync(2000);
    db.run("COMMIT");
  }`;

test("writes that wait together are all refused after five seconds without a commit", async () => {
  const db = newDatabase();
  const holder = new Database(db);
  holder.run("BEGIN IMMEDIATE");
  const script = `
    import { openForWriting } from ${JSON.stringify(path.join(import.meta.dir, "../../src/store/open.ts"))};
    const store = openForWriting(process.argv[1], { create: false });
    const startMs = performance.now();
    try {
      store.transaction(() => {});
    } catch {
      console.log(Math.round(performance.now() - startMs));
    }`;
  const waits = await Promise.all([1, 2, 3, 4].map(() => run([process.execPath, "-e", script, db])));
  for (const { stdout } of waits) expect(Number(stdout)).toBeWithin(4900, 8000);
  holder.close();
}, 30_000);

test("a write is refused in one line when another process keeps the lock, and only after five seconds", () => {
  const db = newDatabase();
  const store = openForWriting(db, { create: false });
  const holder = new Database(db);
  holder.run("BEGIN IMMEDIATE");
  const startMs = performance.now();
  expect(() => store.transaction(() => {})).toThrow(`database ${db} is locked by another process`);
  expect(performance.now() - startMs).toBeGreaterThan(4900);
  holder.run("ROLLBACK");
  expect(store.transaction(() => "written")).toBe("written");
  holder.close();
  store.close();
}, 30_000);
