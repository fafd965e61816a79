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
  unrecorded,
  watcherOf,
} from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 } as const;
const SIGNALS = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];
const SUMMARY = /^\[scenariolog\] step=\S+ exit=(\d+) duration_ms=\d+ stdout=\S+ stderr=\S+\n/;

describe.if(process.platform === "linux").concurrent("a signal to the recorder alone", () => {
  for (const signal of SIGNALS) {
    test(`${signal} reaches the step once, is waited for, recorded, and ends the recorder as well`, async () => {
      const suite = await startSuite();
      const exec = startExec(suite, [], [fixture("traps.sh"), "7"]);
      await logWith(suite, "ready");
      exec.signal(signal);
      const { code, signal: endedBy, stderr } = await exec.ended;
      expect({ code, endedBy }).toEqual({ code: null, endedBy: signal });
      expect(SUMMARY.exec(stderr)?.[1]).toBe(String(128 + NUMBERS[signal]));
      expect(suite.log(1, "stdout").toString()).toBe(`ready\ngot ${signal.slice(3)}\ncount 1\n`);
      expect(suite.log(1, "stderr").toString()).toBe("said on the way out\n");
      expect(endOf(suite)).toEqual({
        code: 128 + NUMBERS[signal],
        closed: true,
        "exit.signal": signal,
        "exit.reason": "interrupted",
      });
      expect(unrecorded(suite)).toEqual([]);
      expect(leftOf(suite)).toEqual([]);
    });
  }

  test("does not reach the step again with what it waits for", async () => {
    const suite = await startSuite();
    // What the step waits for gets the signal after half of the grace.
    const exec = startExec(suite, ["--grace", "2s"], [fixture("traps.sh"), "7", "1.2"]);
    await logWith(suite, "ready");
    exec.signal("SIGTERM");
    expect((await exec.ended).signal).toBe("SIGTERM");
    expect(logOf(suite)).toBe("ready\ngot TERM\ncount 1\n");
  });

  for (const shell of shells()) {
    test(`runs the trap of a ${shell.join(" ")} script that waits for a foreground program`, async () => {
      const suite = await startSuite();
      const exec = startExec(suite, ["--grace", "2s"], [...shell, fixture("foreground.sh")]);
      await logWith(suite, "ready");
      exec.signal("SIGTERM");
      const { signal, ms } = await exec.ended;
      expect(signal).toBe("SIGTERM");
      expect(logOf(suite)).toMatch(/^ready\nhandler of \d+\n$/);
      expect(ms).toBeLessThan(40_000); // the program in the foreground would sleep on
      expect(leftOf(suite)).toEqual([]);
    });
  }

  test("makes a calling bash stop as an interrupted program would, its EXIT trap included", async () => {
    const suite = await startSuite();
    const harness = start([
      "bash",
      "-c",
      `trap 'echo "EXIT trap" >&2' EXIT; "$@"; echo "went on after $?" >&2`,
      "bash",
      ...program,
      ...execArgs(suite, [], ["bash", "-c", "echo ready; exec sleep 60"]),
    ]);
    await logWith(suite, "ready");
    await Bun.sleep(50);
    harness.signalGroup("SIGINT");
    const { signal, stderr } = await harness.ended;
    expect(signal).toBe("SIGINT");
    expect(stderr).toEndWith("EXIT trap\n");
    expect(stderr).not.toContain("went on");
    expect(endOf(suite)).toMatchObject({ code: 130, "exit.signal": "SIGINT" });
  });

  test("is seen as that signal's death by a calling bash, which goes on after TERM", async () => {
    const suite = await startSuite();
    const harness = start([
      "bash",
      "-c",
      `"$@" & child=$!; wait $child; echo "went on after $?" >&2`,
      "bash",
      ...program,
      ...execArgs(suite, [], ["bash", "-c", "echo ready; kill -TERM $PPID; exec sleep 60"]),
    ]);
    const { code, stderr } = await harness.ended;
    expect(code).toBe(0);
    expect(stderr).toContain("went on after 143\n");
  });
});

describe.if(process.platform === "linux").concurrent("a step that does not end", () => {
  test("is killed after the grace period, with everything that came from it, wherever it went", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--grace", "600ms"], [fixture("tree.sh")]);
    await logWith(suite, "ready");
    const before = performance.now();
    exec.signal("SIGTERM");
    const { signal, stderr } = await exec.ended;
    expect(performance.now() - before).toBeWithin(550, 5000);
    expect(signal).toBe("SIGTERM");
    expect(SUMMARY.exec(stderr)?.[1]).toBe("143");
    expect(leftBy(suite)).toEqual([]);
    expect(endOf(suite)).toMatchObject({ code: 143, "exit.signal": "SIGTERM", "exit.reason": "interrupted" });
    expect(unrecorded(suite)).toEqual([]);
  });

  test("is ended with all its descendants, even if only the step obeys the signal", async () => {
    const suite = await startSuite();
    const script = `trap 'echo bye; exit 3' TERM; ${fixture("tree.sh")} leave; while :; do sleep 0.02; done`;
    const exec = startExec(suite, ["--grace", "600ms"], ["bash", "-c", script]);
    await logWith(suite, "ready");
    await Bun.sleep(50);
    exec.signal("SIGTERM");
    const { signal } = await exec.ended;
    expect(signal).toBe("SIGTERM");
    expect(logOf(suite)).toEndWith("bye\n");
    expect(leftBy(suite)).toEqual([]);
    expect(endOf(suite)).toMatchObject({ code: 143, "exit.reason": "interrupted" });
    expect(endOf(suite)).not.toHaveProperty("leaked");
  });

  test("is ended even if it left a process behind that answers TERM only", async () => {
    const suite = await startSuite();
    // A shell lets what it starts in the background ignore SIGINT.
    const script = "trap 'exit 3' INT; sleep 300 & echo ready; while :; do sleep 0.02; done";
    const exec = startExec(suite, ["--grace", "40s"], ["bash", "-c", script]);
    await logWith(suite, "ready");
    exec.signal("SIGINT");
    const { signal, ms } = await exec.ended;
    expect(signal).toBe("SIGINT");
    expect(ms).toBeLessThan(30_000);
    expect(leftOf(suite)).toEqual([]);
  });

  test("is killed even if it keeps starting processes, each in its own session", async () => {
    const suite = await startSuite();
    const maker = "while :; do setsid sleep 300 >/dev/null 2>&1 & sleep 0.003; done";
    const script = `trap '' TERM; for i in 1 2 3 4; do (${maker}) & done; sleep 0.2; echo ready; wait`;
    const exec = startExec(suite, ["--grace", "0"], ["bash", "-c", script]);
    await logWith(suite, "ready");
    exec.signal("SIGTERM");
    expect((await exec.ended).signal).toBe("SIGTERM");
    expect(leftOf(suite)).toEqual([]);
  });

  for (const second of ["SIGTERM", "SIGINT"] as const) {
    test(`is killed at once by a second signal (SIGTERM, then ${second})`, async () => {
      const suite = await startSuite();
      const exec = startExec(suite, ["--grace", "30s"], [fixture("tree.sh")]);
      await logWith(suite, "ready");
      exec.signal("SIGTERM");
      await Bun.sleep(150);
      exec.signal(second);
      const before = performance.now();
      const { signal } = await exec.ended;
      expect(performance.now() - before).toBeLessThan(25_000);
      expect(signal).toBe("SIGTERM");
      expect(leftBy(suite)).toEqual([]);
      expect(endOf(suite)).toMatchObject({ code: 143, closed: true, "exit.signal": "SIGTERM" });
    });
  }

  test("is killed at once with --grace 0", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--grace", "0"], [fixture("tree.sh")]);
    await logWith(suite, "ready");
    const before = performance.now();
    exec.signal("SIGHUP");
    expect((await exec.ended).signal).toBe("SIGHUP");
    expect(performance.now() - before).toBeLessThan(25_000);
    expect(leftBy(suite)).toEqual([]);
    expect(endOf(suite)).toMatchObject({ code: 129, "exit.signal": "SIGHUP" });
  });
});

describe.if(process.platform === "linux").concurrent("a signal to the whole process group", () => {
  test("is not passed on a second time, and a step that answers it ends with its own code", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, [], [fixture("traps.sh"), "7"]);
    await logWith(suite, "ready");
    await Bun.sleep(100);
    exec.signalGroup("SIGINT");
    const { code, signal, stderr } = await exec.ended;
    expect({ code, signal }).toEqual({ code: 7, signal: null });
    expect(SUMMARY.exec(stderr)?.[1]).toBe("7");
    expect(logOf(suite)).toBe("ready\ngot INT\ncount 1\n");
    expect(endOf(suite)).toMatchObject({ code: 7, "exit.signal": "SIGINT", "exit.reason": "interrupted" });
  });

  test("is not passed on a second time if it comes as soon as the group signal probe runs", async () => {
    const suite = await startSuite();
    for (let step = 1; step <= 5; step++) {
      const exec = startExec(suite, ["--step-num", String(step)], [fixture("traps.sh"), "7", "0.1"]);
      await logWith(suite, "ready", step);
      await watcherOf(exec.pid);
      exec.signalGroup("SIGTERM");
      expect((await exec.ended).code).toBe(7);
      expect(logOf(suite, step)).toBe("ready\ngot TERM\ncount 1\n");
    }
  });

  test("ends the recorder as well if the step died of it", async () => {
    const suite = await startSuite();
    for (const [step, signal] of (["SIGINT", "SIGTERM", "SIGQUIT"] as const).entries()) {
      const exec = startExec(suite, ["--step-num", String(step)], ["bash", "-c", "echo ready; exec sleep 60"]);
      await logWith(suite, "ready", step);
      await Bun.sleep(50);
      exec.signalGroup(signal);
      expect((await exec.ended).signal).toBe(signal);
      expect(endOf(suite, step)).toMatchObject({ code: 128 + NUMBERS[signal], "exit.signal": signal });
    }
  });

  test("ends the recorder as well if the step had to be killed", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, ["--grace", "300ms"], [fixture("tree.sh")]);
    await logWith(suite, "ready");
    exec.signalGroup("SIGINT");
    expect((await exec.ended).signal).toBe("SIGINT");
    expect(leftBy(suite)).toEqual([]);
    expect(endOf(suite)).toMatchObject({ code: 130, "exit.signal": "SIGINT", "exit.reason": "interrupted" });
  });

  test("reaches a step that has left the group", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, [], ["setsid", "bash", fixture("traps.sh"), "7"]);
    await logWith(suite, "ready");
    await Bun.sleep(50);
    exec.signalGroup("SIGINT");
    expect((await exec.ended).code).toBe(7);
    expect(logOf(suite)).toBe("ready\ngot INT\ncount 1\n");
  });

  test("of timeout(1), which signals its child and then the group, leaves the step time to answer", async () => {
    const suite = await startSuite();
    const command = ["timeout", "1", ...program, ...execArgs(suite, [], [fixture("traps.sh"), "7"])];
    const { code } = await start(command).ended;
    expect(code).toBe(124);
    expect(logOf(suite)).toBe("ready\ngot TERM\ncount 1\n");
    expect(endOf(suite)).toMatchObject({ code: 7, "exit.signal": "SIGTERM" });
  });
});

describe.if(process.platform === "linux").concurrent("the same signal to the recorder and to its group", () => {
  const ORDERS = [
    ["signal", "signalGroup"],
    ["signalGroup", "signal"],
  ] as const;

  for (const [first, second] of ORDERS) {
    for (const pauseMs of [0, 20, 400]) {
      test(`is one request (${first}, ${pauseMs} ms, ${second}), however long one takes`, async () => {
        const suite = await startSuite();
        const both = path.join(suite.dir, "both");
        // Not over before both have been sent, however busy the machine is.
        const wait = `until [ -e '${both}' ]; do sleep 0.02; done; sleep 1; exit 7`;
        const script = `trap "echo got TERM; ${wait}" TERM; echo ready; while :; do sleep 0.02; done`;
        const exec = startExec(suite, ["--grace", "40s"], ["bash", "-c", script]);
        await logWith(suite, "ready");
        await watcherOf(exec.pid);
        exec[first]("SIGTERM");
        await Bun.sleep(pauseMs);
        exec[second]("SIGTERM");
        fs.writeFileSync(both, "");
        const { code, signal } = await exec.ended;
        expect({ code, signal }).toEqual({ code: 7, signal: null });
        expect(logOf(suite)).toStartWith("ready\ngot TERM\n");
        expect(endOf(suite)).toMatchObject({ code: 7, "exit.signal": "SIGTERM", "exit.reason": "interrupted" });
      });
    }
  }

  for (const to of ["signal", "signalGroup"] as const) {
    test(`is a second request if it comes two times by one way (${to}), and kills at once`, async () => {
      const suite = await startSuite();
      const exec = startExec(suite, ["--grace", "30s"], [fixture("tree.sh")]);
      await logWith(suite, "ready");
      await watcherOf(exec.pid);
      exec[to]("SIGINT");
      await Bun.sleep(30);
      const before = performance.now();
      exec[to]("SIGINT");
      expect((await exec.ended).signal).toBe("SIGINT");
      expect(performance.now() - before).toBeLessThan(3000);
      expect(leftBy(suite)).toEqual([]);
    });
  }

  test("is a second request also if the first came in the step's first moments", async () => {
    const suite = await startSuite();
    const script = "trap '' INT; echo ready; while :; do sleep 0.1; done";
    const exec = startExec(suite, ["--grace", "30s"], ["bash", "-c", script]);
    await logWith(suite, "ready");
    exec.signal("SIGINT");
    await watcherOf(exec.pid);
    await Bun.sleep(300);
    const before = performance.now();
    exec.signal("SIGINT");
    await exec.ended;
    expect(performance.now() - before).toBeLessThan(5000);
    expect(leftOf(suite)).toEqual([]);
  });
});

test.if(process.platform === "linux")(
  "on a busy machine timeout(1) still sends one request, and a second Ctrl-C still kills",
  async () => {
    const suite = await startSuite();
    const busy = Array.from({ length: 40 }, () => Bun.spawn(["sh", "-c", "while :; do :; done"]));
    try {
      const script = 'trap "exit 7" TERM; echo ready; sleep 30 & wait';
      const rounds = Array.from({ length: 4 }, (_, i) => i + 1).map(async (step) => {
        const exec = execArgs(suite, ["--step-num", String(step)], ["sh", "-c", script]);
        const command = start(["timeout", "8", ...program, ...exec]);
        await logWith(suite, "ready", step);
        await command.ended;
        expect(endOf(suite, step)).toMatchObject({ code: 7, "exit.signal": "SIGTERM", "exit.reason": "interrupted" });
      });
      await Promise.all(rounds);
      const exec = startExec(
        suite,
        ["--step-num", "9", "--grace", "60s"],
        ["bash", "-c", "trap '' INT; echo ready; while :; do sleep 0.1; done"],
      );
      await logWith(suite, "ready", 9);
      await watcherOf(exec.pid);
      exec.signalGroup("SIGINT");
      await Bun.sleep(200);
      exec.signalGroup("SIGINT");
      expect((await exec.ended).ms).toBeLessThan(30_000);
    } finally {
      for (const child of busy) child.kill("SIGKILL");
      await Promise.all(busy.map((child) => child.exited));
    }
    expect(leftOf(suite)).toEqual([]);
  },
);

/** The processes of tree.sh that still live. */
function leftBy(suite: Suite): string[] {
  const pids = [...logOf(suite).matchAll(/^(?:\w+) (\d+)$/gm)].map(([, pid]) => Number(pid));
  expect(pids).toHaveLength(7);
  return [...leftOf(suite), ...pids.filter(alive).map(String)];
}

/** Those that are installed. */
function shells(): string[][] {
  const all = [["bash"], ["dash"], ["zsh"], ["busybox", "sh"]];
  return all.filter(([name]) => Bun.which(name!) !== null);
}
