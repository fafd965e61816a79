// check: alone, signals at a certain moment, and times that must not count

import { describe, expect, test } from "bun:test";
import { fixture } from "../support/fixtures.ts";
import { childrenOf, endOf, leftOf, logOf, logWith, startExec, stateOf, until, watcherOf } from "../support/started.ts";
import { startSuite } from "../support/suite.ts";

describe.if(process.platform === "linux").concurrent("a recorder that alone is sent SIGTSTP", () => {
  test("stops its step, and wakes it on SIGCONT; the stopped time does not count against --timeout", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--timeout", "4s"], [fixture("marks.sh"), "30"]);
    await watcherOf(exec.pid);
    for (let round = 0; round < 3; round++) {
      exec.signal("SIGTSTP");
      await until("the stop", () => stateOf(exec.pid) === "T");
      const step = await until("the step", () => childrenOf(exec.pid).find((pid) => stateOf(pid) === "T"));
      const stopped = logOf(suite);
      await Bun.sleep(900);
      expect(logOf(suite)).toBe(stopped);
      exec.signal("SIGCONT");
      await until("the waking", () => stateOf(exec.pid) !== "T" && stateOf(step) !== "T");
      await Bun.sleep(100);
    }
    expect((await exec.ended).code).toBe(0);
    expect(endOf(suite)).toEqual({ code: 0, closed: true });
    expect(logOf(suite).replaceAll("woken\n", "")).toEndWith("mark 30\ndone\n");
    expect(logOf(suite).match(/woken/g)).toHaveLength(3);
  });

  test("also stops what left the step's session, and leaves alone what had stopped itself", async () => {
    const suite = await startSuite();
    const script = `setsid ${fixture("marks.sh")} 40 & setsid bash -c 'echo sleeper $$; kill -STOP $$; echo woken early' & wait`;
    const exec = startExec(suite, ["--grace", "200ms"], ["bash", "-c", script]);
    await logWith(suite, "mark 2");
    const sleeper = Number(/sleeper (\d+)/.exec(await logWith(suite, "sleeper"))![1]);
    await until("its stop", () => stateOf(sleeper) === "T");
    await watcherOf(exec.pid);
    exec.signal("SIGTSTP");
    await until("the stop", () => stateOf(exec.pid) === "T");
    const marks = Number.parseInt(leftOf(suite).find((line) => /^\d+ \S+ \S+marks.sh 40$/.test(line))!, 10);
    await until("the stop", () => stateOf(marks) === "T");
    const stopped = logOf(suite);
    exec.signal("SIGCONT");
    await logWith(suite, `mark ${Number(/.*mark (\d+)/s.exec(stopped)![1]) + 3}`);
    expect(stateOf(sleeper)).toBe("T");
    exec.signal("SIGTERM");
    expect((await exec.ended).signal).toBe("SIGTERM");
    expect(logOf(suite)).not.toContain("woken early");
    expect(leftOf(suite)).toEqual([]);
  });

  test("and SIGCONT a moment later continues", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, [], [fixture("marks.sh"), "40"]);
    await watcherOf(exec.pid);
    for (let round = 0; round < 5; round++) {
      exec.signal("SIGTSTP");
      await Bun.sleep(1 + round);
      exec.signal("SIGCONT");
      await Bun.sleep(30);
    }
    expect((await exec.ended).code).toBe(0);
    expect(logOf(suite)).toEndWith("mark 40\ndone\n");
  });

  test("passes a signal on that came while it was stopped", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, [], [fixture("traps.sh"), "7", "0.1"]);
    await logWith(suite, "ready");
    await watcherOf(exec.pid);
    exec.signal("SIGTSTP");
    await until("the stop", () => stateOf(exec.pid) === "T");
    exec.signal("SIGTERM");
    exec.signal("SIGCONT");
    expect((await exec.ended).signal).toBe("SIGTERM");
    expect(logOf(suite)).toBe("ready\ngot TERM\ncount 1\n");
  });
});

describe.if(process.platform === "linux").concurrent("SIGSTOP", () => {
  test("to the recorder alone does not count against --timeout, nor stop the step", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--timeout", "1500ms"], ["bash", "-c", "echo ready; sleep 1.9; echo slept"]);
    await logWith(suite, "ready");
    exec.signal("SIGSTOP");
    await Bun.sleep(1700);
    exec.signal("SIGCONT");
    expect((await exec.ended).code).toBe(0);
    expect(logOf(suite)).toBe("ready\nslept\n");
  });

  test("to the whole group stops both, and a timeout continues counting where it was", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--timeout", "800ms", "--grace", "200ms"], ["bash", "-c", "echo ready; sleep 60"]);
    await logWith(suite, "ready");
    exec.signalGroup("SIGSTOP");
    await Bun.sleep(1500);
    expect(endOf(suite).closed).toBe(false);
    exec.signalGroup("SIGCONT");
    const { code, ms } = await exec.ended;
    expect(code).toBe(124);
    expect(ms).toBeGreaterThan(1500 + 500);
  });

  test("does not keep a deaf step from being killed after its grace period", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--grace", "300ms"], ["bash", "-c", "echo ready; kill -STOP $$"]);
    await logWith(suite, "ready");
    await Bun.sleep(50);
    exec.signal("SIGTERM");
    expect((await exec.ended).signal).toBe("SIGTERM");
    expect(leftOf(suite)).toEqual([]);
  });
});

test.if(process.platform === "linux")(
  "SIGTSTP to a group without a shell that could wake it stops nothing",
  async () => {
    const suite = await startSuite();
    for (const [step, early] of [true, false].entries()) {
      const exec = startExec(suite, ["--step-num", String(step)], [fixture("marks.sh"), "8"]);
      await (early ? logWith(suite, "mark 1", step) : watcherOf(exec.pid));
      exec.signalGroup("SIGTSTP");
      expect((await exec.ended).code).toBe(0);
      expect(logOf(suite, step)).toEndWith("mark 8\ndone\n");
    }
  },
);
