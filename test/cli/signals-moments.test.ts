// check: alone, signals at a certain moment

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { fixture } from "../support/fixtures.ts";
import { program } from "../support/program.ts";
import {
  alive,
  endOf,
  execArgs,
  leftOf,
  logOf,
  logWith,
  start,
  startExec,
  tell,
  unrecorded,
  until,
  untilTold,
} from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const compiled = process.env.SCENARIOLOG_BIN !== undefined;

describe.if(process.platform === "linux").concurrent("a signal", () => {
  test("at a random moment leaves every row closed, or none written", async () => {
    const suite = await startSuite();
    const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
    const script = "echo one; sleep 0.03; echo two; (sleep 0.02; echo three) & :";
    const ends = { before: 0, interrupted: 0, late: 0, after: 0 };
    for (let round = 0; round < 12; round++) {
      const flights = signals.map(async (signal, i) => {
        const step = round * signals.length + i;
        const exec = startExec(suite, ["--step-num", String(step)], ["bash", "-c", script]);
        let ended = false;
        void exec.ended.then(() => {
          ended = true;
        });
        await Bun.sleep(Math.random() * (compiled ? 100 : 300));
        if (!ended) exec[i % 2 === 0 ? "signal" : "signalGroup"](signal);
        return { step, signal, end: await exec.ended };
      });
      for (const { step, signal, end } of await Promise.all(flights)) {
        if (suite.sql("SELECT 1 FROM steps WHERE step_num = ?", step).length === 0) {
          expect(end.signal).toBe(signal);
          ends.before++;
          continue;
        }
        const row = endOf(suite, step);
        const interrupted = row["exit.reason"] === "interrupted";
        expect(row.closed).toBe(true);
        if (end.signal === null) {
          expect(row.code).toBe(end.code);
          ends.after++;
        } else {
          expect(end.signal).toBe(signal);
          // Else it came when the step was over: the row holds the step's own end.
          if (!interrupted) expect(row.code).toBe(0);
          ends[interrupted ? "interrupted" : "late"]++;
        }
      }
    }
    expect(ends.interrupted).toBeGreaterThan(0);
    expect(unrecorded(suite)).toEqual([]);
    expect(leftOf(suite)).toEqual([]);
  });

  test("before the step has started keeps it from starting, and closes its row", async () => {
    const suite = await startSuite();
    const marker = path.join(suite.dir, "started");
    const lock = new Database(suite.db);
    lock.run("BEGIN IMMEDIATE");
    const exec = startExec(suite, [], ["touch", marker]);
    // It waits for the database by then.
    await until("the recorder's handlers", () => catches(exec.pid, 15));
    await Bun.sleep(200);
    exec.signal("SIGTERM");
    await Bun.sleep(50);
    lock.run("ROLLBACK");
    lock.close();
    const { signal, stderr } = await exec.ended;
    expect(signal).toBe("SIGTERM");
    expect(stderr).toContain(" exit=143 ");
    expect(fs.existsSync(marker)).toBe(false);
    expect(endOf(suite)).toEqual({
      code: 143,
      closed: true,
      "exit.signal": "SIGTERM",
      "exit.reason": "interrupted",
      "exit.error": "the signal came before the step had started",
    });
    expect(unrecorded(suite)).toEqual([]);
  });

  test("that a step sends to its recorder at once is passed on to the step", async () => {
    const suite = await startSuite();
    for (const [step, signal] of (["INT", "TERM", "HUP", "QUIT"] as const).entries()) {
      const script = `trap 'echo got it; exit 5' ${signal}; kill -${signal} $PPID; while :; do sleep 0.02; done`;
      const exec = startExec(suite, ["--step-num", String(step)], ["bash", "-c", script]);
      expect((await exec.ended).signal).toBe(`SIG${signal}`);
      expect(logOf(suite, step)).toBe("got it\n");
      expect(endOf(suite, step)).toMatchObject({ "exit.signal": `SIG${signal}`, "exit.reason": "interrupted" });
    }
  });

  test("while a background process holds the output ends that process, and the recorder at once", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--leak-timeout", "40s"], [fixture("background.sh")]);
    const parent = Number(/parent (\d+)/.exec(await logWith(suite, "parent"))![1]);
    await until("the step's end", () => !alive(parent));
    await Bun.sleep(50);
    exec.signal("SIGINT");
    const { signal, ms } = await exec.ended;
    expect(signal).toBe("SIGINT");
    expect(ms).toBeLessThan(30_000);
    expect(logOf(suite)).toEndWith("the background got it\n");
    expect(endOf(suite)).toMatchObject({ code: 130, "exit.signal": "SIGINT", "exit.reason": "interrupted" });
    expect(endOf(suite)).not.toHaveProperty("leaked");
    expect(leftOf(suite)).toEqual([]);
  });

  test("to the whole group while a background process holds the output ends the recorder as well", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--leak-timeout", "20s"], ["bash", "-c", "sleep 300 & echo parent $$"]);
    const parent = Number(/parent (\d+)/.exec(await logWith(suite, "parent"))![1]);
    await until("the step's end", () => !alive(parent));
    await Bun.sleep(50);
    exec.signalGroup("SIGTERM");
    expect((await exec.ended).signal).toBe("SIGTERM");
    expect(endOf(suite)).toMatchObject({ code: 143, "exit.signal": "SIGTERM", "exit.reason": "interrupted" });
    expect(leftOf(suite)).toEqual([]);
  });

  test("does not wait for an unrelated process that holds the output", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--leak-timeout", "40s"], ["bash", "-c", `echo step $$; ${untilTold(suite)}`]);
    const step = Number(/step (\d+)/.exec(await logWith(suite, "step"))![1]);
    const stranger = fs.openSync(`/proc/${step}/fd/1`, "w");
    tell(suite);
    await until("the step's end", () => !alive(step));
    await Bun.sleep(50);
    exec.signal("SIGTERM");
    const { signal, ms } = await exec.ended;
    fs.closeSync(stranger);
    expect(signal).toBe("SIGTERM");
    expect(ms).toBeLessThan(30_000);
    expect(endOf(suite)).toMatchObject({ code: 143, "exit.reason": "interrupted", leaked: "true" });
  });

  test("in the pause before another attempt keeps the last one's row, and ends the recorder", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--retries", "3", "--retry-delay", "30s"], ["bash", "-c", "echo tried; exit 4"]);
    await until("the first attempt's end", () => {
      const [row] = suite.sql("SELECT completed_at FROM steps");
      return row?.completed_at;
    });
    await Bun.sleep(30);
    exec.signal("SIGTERM");
    expect((await exec.ended).signal).toBe("SIGTERM");
    expect(endOf(suite)).toEqual({ code: 4, closed: true });
    expect(suite.sql("SELECT count(*) AS n FROM attempts")).toEqual([{ n: 1 }]);
  });

  test("is seen despite a closed stderr, or a reader that is gone", async () => {
    const suite = await startSuite();
    const command = (step: number) =>
      [...program, ...execArgs(suite, ["--step-num", String(step)], ["bash", "-c", "echo ready; exec sleep 60"])]
        .map((word) => `'${word}'`)
        .join(" ");
    for (const [step, around] of [
      [1, (exec: string) => `${exec} 2>&-`],
      [2, (exec: string) => `${exec} 2> >(:)`],
    ] as const) {
      const shell = start(["bash", "-c", `${around(command(step))} & wait $!; echo "$?" > '${suite.dir}/code'`]);
      await logWith(suite, "ready", step);
      const [row] = suite.sql("SELECT recorder_pid FROM attempts WHERE step_id LIKE ?", `%-step-0${step}`);
      process.kill(Number(row!.recorder_pid), "SIGTERM");
      await shell.ended;
      expect(fs.readFileSync(path.join(suite.dir, "code"), "utf8")).toBe("143\n");
      expect(endOf(suite, step)).toMatchObject({ code: 143, "exit.reason": "interrupted" });
    }
  });
});

describe.if(process.platform === "linux").concurrent("the indexing of a large log", () => {
  const LINES = 500_000;

  test("is cut short by a signal within a second, and index fts adds the rest one time", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, [], ["seq", String(LINES)]);
    await until("the row's end", () => suite.sql("SELECT completed_at FROM steps")[0]?.completed_at);
    const before = performance.now();
    exec.signal("SIGTERM");
    const { signal, stderr } = await exec.ended;
    expect(performance.now() - before).toBeLessThan(2500);
    expect(signal).toBe("SIGTERM");
    // The step had ended by itself.
    expect(endOf(suite)).toEqual({ code: 0, closed: true });
    expect(stderr).toContain(" exit=0 ");
    await checkRest(suite);
  });

  test("is cut short as well when the step itself was interrupted", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, [], ["bash", "-c", `seq ${LINES}; exec sleep 60`]);
    await logWith(suite, `\n${LINES}\n`);
    const before = performance.now();
    exec.signal("SIGINT");
    const { signal, stderr } = await exec.ended;
    expect(performance.now() - before).toBeLessThan(2500);
    expect(signal).toBe("SIGINT");
    expect(endOf(suite)).toMatchObject({ code: 130, "exit.reason": "interrupted" });
    expect(stderr).toContain("index fts");
    await checkRest(suite);
  });

  async function checkRest(suite: Suite): Promise<void> {
    const count = () =>
      suite.sql("SELECT count(*) AS lines, count(DISTINCT line_num) AS numbers FROM log_lines_fts")[0]!;
    const { lines } = count();
    expect(Number(lines)).toBeLessThan(LINES);
    expect((await suite.verb("index fts", ["--run-id", suite.runId])).code).toBe(0);
    expect(count()).toEqual({ lines: LINES, numbers: LINES });
    expect(unrecorded(suite)).toEqual([]);
  }
});

function catches(pid: number, signal: number): boolean {
  const caught = /^SigCgt:\t([0-9a-f]+)$/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${caught}`) >> BigInt(signal - 1)) & 1n) === 1n;
}
