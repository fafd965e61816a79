import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { bash, cleanEnv, program, run } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";

const linux = process.platform === "linux";

interface Running {
  readonly suite: Suite;
  /** Kills the recorder as nothing could prepare for, and what it left behind. */
  crash(): Promise<void>;
}

/** A step that has printed "one" and goes on for a minute; `around` is put before the recorder's command line. */
async function startStep(around: readonly string[] = []): Promise<Running> {
  const suite = await startSuite();
  const where = ["--db", suite.db, "--run-id", suite.runId, "--root-dir", suite.dir, "--log-dir", "logs"];
  const command = ["--name", "long", "--step-num", "1", "--", "sh", "-c", "echo one; exec sleep 60"];
  const child = Bun.spawn([...around, ...program, "exec", ...where, ...command], {
    cwd: os.tmpdir(),
    env: cleanEnv,
    stdio: ["ignore", "ignore", "ignore"],
  });
  const log = path.join(suite.dir, "logs/step-01-stdout.txt");
  while (!fs.existsSync(log) || fs.statSync(log).size < 4) await Bun.sleep(10);
  return {
    suite,
    async crash() {
      const below = await run(["pgrep", "-P", String(child.pid)]);
      child.kill("SIGKILL");
      await child.exited;
      for (const pid of below.stdout.split("\n").filter(Boolean)) {
        try {
          process.kill(Number(pid), "SIGKILL");
        } catch {
          // it went with its parent: the first process of a namespace
        }
      }
      while (below.stdout.split("\n").some((pid) => pid !== "" && runs(pid))) await Bun.sleep(10);
    },
  };
}

/** A zombie has ended. */
function runs(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function statusOf(suite: Suite): Promise<unknown> {
  const [step] = await suite.rows("timings");
  const [summary] = await suite.rows("summary");
  expect(summary!.status).toBe(step!.status);
  expect(await suite.rows("failures")).toHaveLength(step!.status === "interrupted" ? 1 : 0);
  return step!.status;
}

function change(suite: Suite, sql: string): void {
  const db = new Database(suite.db);
  db.run("PRAGMA busy_timeout = 5000");
  db.run(sql);
  db.close();
}

test("a step is running while its recorder runs, and interrupted after its recorder was killed", async () => {
  const { suite, crash } = await startStep();
  expect(await statusOf(suite)).toBe("running");
  await suite.verb("run end", ["--run-id", suite.runId]);
  expect(suite.sql("SELECT completed_at FROM steps")).toEqual([{ completed_at: null }]);
  await crash();
  expect((await suite.rows("timings"))[0]!.status).toBe("interrupted");
  expect((await suite.rows("summary"))[0]).toMatchObject({ status: "failed", interrupted_steps: 1, running_steps: 0 });
});

test("run end closes an interrupted step: row, tags, logs with hashes, lines; a second one changes nothing", async () => {
  const { suite, crash } = await startStep();
  await crash();
  await suite.verb("run end", ["--run-id", suite.runId, "--exit-code", "1"]);
  const all = () => ({
    steps: suite.sql("SELECT exit_code, completed_at >= started_at AS ordered, duration_ms FROM steps"),
    attempts: suite.sql("SELECT exit_code, reason FROM attempts"),
    tags: suite.sql("SELECT k, v FROM kv WHERE k LIKE 'exit.%' ORDER BY k"),
    tape: expectWholeTape(suite.db).map(({ path, bytes }) => [path, String(bytes)]),
  });
  const closed = all();
  expect(closed).toMatchObject({
    steps: [{ exit_code: 137, ordered: 1, duration_ms: expect.any(Number) }],
    attempts: [{ exit_code: 137, reason: "interrupted" }],
    tags: [{ k: "exit.error" }, { k: "exit.reason", v: "interrupted" }],
    tape: [
      ["logs/step-01-stdout.txt", "one\n"],
      ["logs/step-01-stderr.txt", ""],
    ],
  });
  expect(await suite.rows("search", ["--query", "one"])).toHaveLength(1);
  expect((await suite.rows("failures"))[0]).toMatchObject({ exit_code: 137, status: "interrupted" });
  await suite.verb("run end", ["--run-id", suite.runId, "--exit-code", "1"]);
  expect(all()).toEqual(closed);
  expect((await suite.verb("verify")).code).toBe(0);
});

test("run end closes an interrupted attempt that another one followed, and leaves the step to the later one", async () => {
  const { suite, crash } = await startStep();
  await crash();
  await suite.exec(["--step-num", "1"], ["echo", "two"]);
  await suite.verb("run end", ["--run-id", suite.runId]);
  expect(suite.sql("SELECT attempt, exit_code, reason FROM attempts")).toEqual([
    { attempt: 1, exit_code: 137, reason: "interrupted" },
    { attempt: 2, exit_code: 0, reason: null },
  ]);
  expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 0 }]);
  expect(suite.sql("SELECT * FROM kv WHERE k LIKE 'exit.%'")).toEqual([]);
  expect(expectWholeTape(suite.db).map(({ path, bytes }) => [path, String(bytes)])).toContainEqual([
    "logs/step-01-stdout.1.txt",
    "one\n",
  ]);
});

test("run end does not take another run's log for that of an interrupted step", async () => {
  const { suite, crash } = await startStep();
  await crash();
  const other = path.join(suite.dir, "other.db");
  const { stdout } = await suite.verb("run start", ["--db", other, "--root-dir", suite.dir]);
  await suite.exec(["--db", other, "--run-id", stdout.trim(), "--step-num", "1"], ["echo", "of another run"]);
  await suite.verb("run end", ["--run-id", suite.runId]);
  expect(expectWholeTape(suite.db).map(({ path, bytes }) => [path, String(bytes)])).toContainEqual([
    "logs/step-01-stdout.1.txt",
    "one\n",
  ]);
});

test("run end imports nothing for a deleted log, whatever file has its name now", async () => {
  const { suite, crash } = await startStep();
  await crash();
  fs.rmSync(path.join(suite.dir, "logs"), { recursive: true });
  fs.mkdirSync(path.join(suite.dir, "logs"));
  // In the place of the inode that was set free, so that ours has another number.
  fs.writeFileSync(path.join(suite.dir, "logs/other"), "");
  fs.writeFileSync(path.join(suite.dir, "logs/another"), "");
  fs.writeFileSync(path.join(suite.dir, "logs/step-01-stdout.txt"), "not of this step\n");
  expect(await suite.verb("run end", ["--run-id", suite.runId])).toMatchObject({ code: 0, stderr: "" });
  expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 137 }]);
  expect(suite.sql("SELECT * FROM artifacts")).toEqual([]);
});

test("run end closes an interrupted step once, when several are called at once", async () => {
  const { suite, crash } = await startStep();
  await crash();
  // So large that all of them hash it at the same time.
  fs.truncateSync(path.join(suite.dir, "logs/step-01-stdout.txt"), 64 << 20);
  const ends = await Promise.all(Array.from({ length: 6 }, () => suite.verb("run end", ["--run-id", suite.runId])));
  for (const end of ends) expect(end).toMatchObject({ code: 0, stderr: "" });
  expect(expectWholeTape(suite.db, { indexed: false })).toHaveLength(2);
});

test("a run without run end is interrupted, never a pass", async () => {
  const suite = await startSuite();
  await suite.exec(["--step-num", "1"], ["true"]);
  expect((await suite.rows("summary"))[0]).toMatchObject({ status: "interrupted", exit_code: null, failed_steps: 0 });
  await suite.verb("run end", ["--run-id", suite.runId]);
  expect((await suite.rows("summary"))[0]).toMatchObject({ status: "passed", exit_code: 0 });
});

describe.if(linux)("a live process is not mistaken for the recorder", () => {
  const cases: Record<string, string> = {
    "when its pid was used again": "UPDATE attempts SET recorder_start = recorder_start + 1",
    "when the pid is that of somebody else": `UPDATE attempts SET recorder_pid = ${process.pid}`,
    "when it runs since another boot, or on another machine": "UPDATE attempts SET boot_id = 'another'",
    "when no pid was kept": "UPDATE attempts SET recorder_pid = NULL",
  };
  for (const [what, sql] of Object.entries(cases)) {
    test(what, async () => {
      const { suite, crash } = await startStep();
      expect(await statusOf(suite)).toBe("running");
      change(suite, sql);
      expect(await statusOf(suite)).toBe("interrupted");
      await suite.verb("run end", ["--run-id", suite.runId]);
      expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 137 }]);
      await crash();
    });
  }
});

const unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
const canUnshare = linux && Bun.spawnSync([...unshare, "true"], { stderr: "ignore" }).success;

// Where this machine does not let us make namespaces there is nothing to test with.
describe.if(canUnshare)("a recorder in a pid namespace of its own", () => {
  const seesAll = Bun.spawnSync(["cat", "/proc/2/comm"]).stdout.toString() === "kthreadd\n";

  async function statusSeenFrom(suite: Suite, around: readonly string[]): Promise<string> {
    const { stdout } = await run([...around, ...program, "timings", "--db", suite.db, "--select", "status"]);
    return stdout.trim();
  }

  test("is running, seen from outside and from another namespace", async () => {
    const { suite, crash } = await startStep(unshare);
    expect(await statusSeenFrom(suite, [])).toBe("running");
    expect(await statusSeenFrom(suite, unshare)).toBe("running");
    await crash();
    // Where every process can be seen, it is known to be gone.
    expect(await statusSeenFrom(suite, [])).toBe(seesAll ? "interrupted" : "running");
    expect(await statusSeenFrom(suite, unshare)).toBe("running");
  });

  test("is not confused with a process that has its pid outside", async () => {
    const { suite, crash } = await startStep(unshare);
    await crash();
    // Whatever has this pid here, the recorder is not it.
    const { stdout } = await bash("echo $PPID");
    change(suite, `UPDATE attempts SET recorder_pid = ${Number(stdout)}`);
    expect(await statusSeenFrom(suite, [])).toBe(seesAll ? "interrupted" : "running");
  });

  test("is seen even if /proc shows the processes of another namespace", async () => {
    const foreign = ["unshare", "--pid", "--fork", "--kill-child"];
    const { suite, crash } = await startStep(foreign);
    expect(await statusSeenFrom(suite, [])).toBe("running");
    expect(await statusSeenFrom(suite, foreign)).toBe("running");
    await crash();
    if (seesAll) expect(await statusSeenFrom(suite, foreign)).toBe("interrupted");
  });
});
