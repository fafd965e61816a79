import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { fixture } from "../support/fixtures.ts";
import { program, scenariolog } from "../support/program.ts";
import { type Scripts, scripts } from "../support/recorded.ts";
import { alive, until } from "../support/started.ts";
import { CTRL_C, inTerminal } from "../support/terminal.ts";

const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 } as const;

/** What a step wrote into a file of its directory, once it is there. */
function pidIn(suite: Scripts, file: string): Promise<number> {
  return until(file, () => {
    const text = fs.existsSync(`${suite.dir}/${file}`) ? fs.readFileSync(`${suite.dir}/${file}`, "utf8") : "";
    return text.endsWith("\n") && Number(text);
  });
}

describe.if(process.platform === "linux").concurrent("a signal to record", () => {
  for (const [signal, number] of Object.entries(NUMBERS) as [keyof typeof NUMBERS, number][]) {
    test(`${signal} ends the running step, starts no other, ends the run, and record with it`, async () => {
      const suite = scripts({
        "01-a.sh": `echo $$ >pid; exec ${fixture("traps.sh")} 7`,
        "02-b.sh": "touch ran",
      });
      const record = suite.startRecord(["--keep-going", "--retries", "2", "steps"]);
      await pidIn(suite, "pid");
      await suite.logWith(1, "ready");
      record.signal(signal);
      const { code, signal: endedBy, stderr } = await record.ended;
      expect({ code, endedBy }).toEqual({ code: null, endedBy: signal });
      expect(suite.log(1, "stdout")).toBe(`ready\ngot ${signal.slice(3)}\ncount 1\n`);
      expect(suite.steps()).toEqual([[1, "a", 128 + number]]);
      expect(suite.run().exit_code).toBe(128 + number);
      expect(suite.run().completed_at).not.toBeNull();
      expect(stderr).toContain("2 steps: 0 passed, 1 interrupted, 1 not run");
      expect(fs.existsSync(`${suite.dir}/ran`)).toBe(false);
    });
  }

  test("does not end what an earlier step left running on purpose, nor wait for it", async () => {
    const suite = scripts({
      "01-server.sh":
        "sleep 300 >/dev/null 2>&1 & echo $! >server; setsid env -i sleep 300 >/dev/null 2>&1 & echo $! >daemon",
      "02-wait.sh": "sleep 300 & echo $! >own; echo $$ >pid; wait",
    });
    const record = suite.startRecord();
    await pidIn(suite, "pid");
    const [server, daemon, own] = await Promise.all(["server", "daemon", "own"].map((file) => pidIn(suite, file)));
    try {
      record.signal("SIGTERM");
      expect(await record.ended).toMatchObject({ signal: "SIGTERM" });
      expect([server, daemon, own].map((pid) => alive(pid!))).toEqual([true, true, false]);
    } finally {
      for (const pid of [server!, daemon!]) if (alive(pid)) process.kill(pid, "SIGKILL");
    }
  });

  test("from the keyboard reaches the step once, and ends record as well though the step makes little of it", async () => {
    const suite = scripts({ "01-a.sh": `exec ${fixture("traps.sh")} 0`, "02-b.sh": "touch ran" });
    const session = inTerminal(["bash", "-c", `cd ${suite.dir} && ${program.join(" ")} record steps; echo "code $?"`]);
    await suite.logWith(1, "ready");
    await Bun.sleep(100); // a signal in a step's first milliseconds is a guess, see StepControl
    await session.type(CTRL_C);
    await session.ended;
    expect(suite.log(1, "stdout")).toBe("ready\ngot INT\ncount 1\n");
    expect(suite.run()).toMatchObject({ exit_code: 130 });
    expect(suite.run().completed_at).not.toBeNull();
    expect(fs.existsSync(`${suite.dir}/ran`)).toBe(false);
    const report = async (...words: string[]) =>
      scenariolog([...words, "--db", ".scenario-run.db"], { cwd: suite.dir });
    expect((await report("runs", "--select", "status")).stdout).toBe("interrupted\n");
    expect((await report("why")).stdout).toContain(" was interrupted by SIGINT in step 01 a: 0 of 2 steps passed, ");
    expect((await report("why", "latest-failed")).stderr).toContain("no run in .scenario-run.db has failed");
  });
});

describe.if(process.platform === "linux").concurrent("a timeout of one step", () => {
  test("kills all that is that step's, and leaves an earlier step's server alone", async () => {
    const suite = scripts({
      "01-server.sh": "sleep 300 >/dev/null 2>&1 & echo $! >server",
      "02-slow.sh": "setsid sleep 300 >/dev/null 2>&1 & echo $! >own; sleep 300",
      "03-after.sh": "kill -0 $(cat server) && kill $(cat server)",
    });
    const { code } = await suite.record(["--timeout", "2s", "--grace", "300ms", "--keep-going", "steps"]);
    expect(code).toBe(124);
    expect(suite.steps().map(([, , exit]) => exit)).toEqual([0, 124, 0]);
    expect(alive(await pidIn(suite, "own"))).toBe(false);
  });
});

describe.if(process.platform === "linux").concurrent("a recorder that is killed", () => {
  test("leaves a run that run end closes, with the step that was interrupted", async () => {
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": "echo $$ >pid; echo said; sleep 300" });
    const record = suite.startRecord();
    const pid = await pidIn(suite, "pid");
    await suite.logWith(2, "said");
    record.signal("SIGKILL");
    await record.ended;
    process.kill(pid, "SIGKILL");
    expect(suite.run().completed_at).toBeNull();
    const end = await scenariolog(
      ["run", "end", "--db", ".scenario-run.db", "--run-id", String(suite.run().run_id), "--exit-code", "137"],
      { cwd: suite.dir },
    );
    expect(end).toMatchObject({ code: 0, stderr: "" });
    expect(suite.run().exit_code).toBe(137);
    expect(suite.steps()).toEqual([
      [1, "a", 0],
      [2, "b", 137],
    ]);
  });
});
