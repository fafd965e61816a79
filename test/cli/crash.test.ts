import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fixture } from "../support/fixtures.ts";
import { cleanEnv, program, scenariolog } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";

/** SCENARIOLOG_TEST_LONG=1: kills by the hundred. */
const long = process.env.SCENARIOLOG_TEST_LONG === "1";

/** Runs the program and kills it, and nothing else, after some time. True when it was killed before its end. */
async function killed(args: readonly string[], afterMs: number): Promise<boolean> {
  const child = Bun.spawn([...program, ...args], {
    cwd: os.tmpdir(),
    env: cleanEnv,
    stdio: ["ignore", "ignore", "ignore"],
  });
  await Promise.race([Bun.sleep(afterMs), child.exited]);
  child.kill("SIGKILL");
  await child.exited;
  return child.signalCode === "SIGKILL";
}

/** How long these take when nobody kills them. */
async function durationOf(args: readonly string[]): Promise<number> {
  const start = Bun.nanoseconds();
  await scenariolog(args);
  return (Bun.nanoseconds() - start) / 1e6;
}

function execArgs(suite: Suite, num: number, command: readonly string[]): string[] {
  const where = ["--db", suite.db, "--run-id", suite.runId, "--root-dir", suite.dir, "--log-dir", "logs"];
  return ["exec", ...where, "--name", `step ${num}`, "--step-num", String(num), "--", ...command];
}

/** The bytes of every log of a step, whatever the database knows. */
function bytesOf(suite: Suite, num: number): Record<string, string> {
  const stem = `step-${String(num).padStart(2, "0")}-`;
  const dir = path.join(suite.dir, "logs");
  const names = fs.existsSync(dir) ? fs.readdirSync(dir).filter((name) => name.startsWith(stem)) : [];
  return Object.fromEntries(names.map((name) => [name, fs.readFileSync(path.join(dir, name), "latin1")]));
}

function integrityOf(db: string): string {
  const handle = new Database(db);
  try {
    return (handle.query("PRAGMA integrity_check").get() as { integrity_check: string }).integrity_check;
  } finally {
    handle.close();
  }
}

interface Seen {
  readonly num: number;
  readonly rows: readonly Record<string, unknown>[];
  readonly bytes: Record<string, string>;
}

test("no row and no byte of a log is lost, whenever the recorder is killed", async () => {
  const suite = await startSuite();
  const sizes = long ? [30, 2000, 12_000, 300_000] : [30, 2000, 12_000];
  const wanted = long ? 220 : 32;
  // Two processes for the two processors that there may be.
  const lanes = 2;
  const durations = await Promise.all(
    sizes.map((lines, i) => durationOf(execArgs(suite, 900 + i, [fixture("chatter.sh"), String(lines)]))),
  );
  const most = durations.map((ms) => 1.5 * ms);
  const seen: Seen[] = [];
  let kills = 0;
  for (let round = 0; kills < wanted; round++) {
    if (round > 2 * wanted) throw new Error(`only ${kills} of ${round * lanes} were killed in time`);
    const casualties = Array.from({ length: lanes }, (_, lane) => round * lanes + lane + 1);
    await Promise.all(
      casualties.map(async (num) => {
        const kind = num % 8 === 0 ? sizes.length - 1 : num % 3;
        const args = execArgs(suite, num, [fixture("chatter.sh"), String(sizes[kind])]);
        const inTime = await killed(args, Math.random() * durations[kind]!);
        if (inTime) kills++;
        // Follows what else this machine has to do: few are to end before they are killed, but some.
        durations[kind] = Math.min(most[kind]!, durations[kind]! * (inTime ? 1.05 : 0.8));
        const rows = suite.sql("SELECT step_id, completed_at FROM steps WHERE step_num = ?", num);
        seen.push({ num, rows, bytes: bytesOf(suite, num) });
      }),
    );
    if (round % 6 === 0) expect(integrityOf(suite.db)).toBe("ok");
  }

  const interrupted = suite.sql("SELECT step_num FROM steps WHERE completed_at IS NULL ORDER BY step_num");
  const listed = await suite.rows("failures");
  expect(listed.map(({ step_num, status }) => ({ step_num, status }))).toEqual(
    interrupted.map(({ step_num }) => ({ step_num, status: "interrupted" })),
  );
  expect((await suite.rows("summary"))[0]).toMatchObject({
    status: "interrupted",
    interrupted_steps: interrupted.length,
    running_steps: 0,
  });

  expect(await suite.verb("run end", ["--run-id", suite.runId])).toMatchObject({ code: 0, stderr: "" });
  // Those that were killed while they indexed are closed: their lines come with index fts.
  expect((await suite.verb("index fts", ["--run-id", suite.runId])).code).toBe(0);
  const tapes = expectWholeTape(suite.db);
  for (const { num, rows, bytes } of seen) {
    const after = suite.sql("SELECT step_id, completed_at, exit_code FROM steps WHERE step_num = ?", num);
    expect(after.map((row) => row.step_id)).toEqual(rows.map((row) => row.step_id));
    for (const row of after) expect(row.completed_at).not.toBeNull();
    for (const [name, text] of Object.entries(bytes)) {
      const tape = tapes.find((candidate) => candidate.path === `logs/${name}`);
      // Without a row the step had not begun: a log made just before it is empty.
      if (rows.length === 0) expect({ name, text }).toEqual({ name, text: "" });
      else expect({ name, text: tape?.bytes.toString("latin1") }).toEqual({ name, text });
    }
  }
  for (const { step_num } of interrupted) {
    expect(suite.sql("SELECT exit_code FROM steps WHERE step_num = ?", Number(step_num))).toEqual([{ exit_code: 137 }]);
    const tags = "SELECT v FROM kv JOIN steps USING (step_id) WHERE step_num = ? AND k = 'exit.reason'";
    expect(suite.sql(tags, Number(step_num))).toEqual([{ v: "interrupted" }]);
  }
  if (long)
    console.log(`${kills} kills of ${seen.length} steps, ${interrupted.length} rows left open and closed by run end`);
}, 900_000);

test("a run that run start printed exists, and no half of one, if run start is killed", async () => {
  const suite = await startSuite();
  const args = ["run", "start", "--db", suite.db, "--root-dir", suite.dir, "--kv", "a:1"];
  const ms = await durationOf(args);
  for (let round = 0; round < (long ? 100 : 12); round++) await killed(args, Math.random() * ms * 1.2);
  expect(integrityOf(suite.db)).toBe("ok");
  const tags = suite.sql("SELECT run_id, count(*) AS n FROM kv GROUP BY run_id");
  const runs = suite.sql("SELECT run_id FROM scenario_runs");
  expect(tags).toHaveLength(runs.length);
  expect(new Set(tags.slice(1).map((row) => row.n)).size).toBeLessThanOrEqual(1);
});

test("run end closes every interrupted step one time, however often it is killed before it finishes", async () => {
  const suite = await startSuite();
  const steps = long ? 20 : 6;
  for (let num = 1; num <= steps; num++) {
    await killedInStep(execArgs(suite, num, ["sh", "-c", "seq 1 4000; sleep 30"]), suite, num, "3999\n4000\n");
  }
  const end = ["run", "end", "--db", suite.db, "--run-id", suite.runId];
  for (let round = 0; round < (long ? 60 : 10); round++) await killed(end, Math.random() * 200);
  expect(await scenariolog(end)).toMatchObject({ code: 0, stderr: "" });
  // A killed run end may have closed a step and not indexed it yet.
  expect((await suite.verb("index fts", ["--run-id", suite.runId])).code).toBe(0);
  expect(expectWholeTape(suite.db)).toHaveLength(2 * steps);
  expect(suite.sql("SELECT exit_code, count(*) AS n FROM steps GROUP BY exit_code")).toEqual([
    { exit_code: 137, n: steps },
  ]);
});

test("index fts indexes every line one time, however often it is killed before it finishes", async () => {
  const suite = await startSuite();
  const args = execArgs(suite, 1, ["seq", "1", "60000"]);
  expect((await scenariolog(args, { env: { SCENARIOLOG_NO_FTS5: "1" } })).code).toBe(0);
  const index = ["index", "fts", "--db", suite.db, "--run-id", suite.runId];
  for (let round = 0; round < (long ? 40 : 8); round++) await killed(index, Math.random() * 300);
  expect(integrityOf(suite.db)).toBe("ok");
  expect((await scenariolog(index)).code).toBe(0);
  expect(expectWholeTape(suite.db)).toHaveLength(2);
});

/** Kills the recorder when the log of its step ends as expected, and then the step as well. */
async function killedInStep(args: readonly string[], suite: Suite, num: number, lastWords: string): Promise<void> {
  const child = Bun.spawn([...program, ...args], { env: cleanEnv, stdio: ["ignore", "ignore", "ignore"] });
  while (!Object.values(bytesOf(suite, num)).some((text) => text.endsWith(lastWords))) await Bun.sleep(5);
  const step = childrenOf(child.pid);
  child.kill("SIGKILL");
  await child.exited;
  for (const pid of step) process.kill(pid, "SIGKILL");
}

function childrenOf(pid: number): number[] {
  return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}
