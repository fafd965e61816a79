// check: smoke, the executable alone notes how it was started

import { describe, expect, test } from "bun:test";
import { fixture } from "../support/fixtures.ts";
import { program } from "../support/program.ts";
import { endOf, execArgs, leftOf, logOf, logWith, start } from "../support/started.ts";
import { startSuite } from "../support/suite.ts";

describe.if(process.platform === "linux").concurrent("a signal that the caller ignores", () => {
  for (const [name, wrap] of [
    ["trap '' INT", ["bash", "-c", "trap '' INT; exec \"$@\"", "-"]],
    ["trap '' INT in a shell that stays", ["bash", "-c", "trap '' INT; \"$@\"; exit $?", "-"]],
  ] as const) {
    test(`is ignored by the recorder and by the step: ${name}`, async () => {
      const suite = await startSuite();
      const step = ["bash", "-c", "echo ready; sleep 0.4; echo slept"];
      const exec = start([...wrap, ...program, ...execArgs(suite, [], step)]);
      await logWith(suite, "ready");
      exec.signalGroup("SIGINT");
      expect(await exec.ended).toMatchObject({ code: 0, signal: null });
      expect(logOf(suite)).toBe("ready\nslept\n");
      expect(endOf(suite)).toEqual({ code: 0, closed: true });
    });
  }

  test("HUP, under nohup: neither ends, and TERM is still passed on", async () => {
    const suite = await startSuite();
    const exec = start(["nohup", ...program, ...execArgs(suite, [], [fixture("traps.sh"), "7", "0.1"])]);
    await logWith(suite, "ready");
    exec.signal("SIGHUP");
    await Bun.sleep(100);
    exec.signalGroup("SIGHUP");
    await Bun.sleep(100);
    expect(logOf(suite)).toBe("ready\n");
    exec.signal("SIGTERM");
    expect((await exec.ended).signal).toBe("SIGTERM");
    expect(logOf(suite)).toBe("ready\ngot TERM\ncount 1\n");
  });

  test("CHLD: the recorder still sees the step's end", async () => {
    const suite = await startSuite();
    const python =
      "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])";
    const ignoring = Bun.which("python3")
      ? ["python3", "-c", python]
      : ["dash", "-c", "trap '' CHLD; exec \"$@\"", "-"];
    const exec = start([...ignoring, ...program, ...execArgs(suite, [], ["bash", "-c", "sleep 0.1; exit 6"])]);
    expect((await exec.ended).code).toBe(6);
    expect(endOf(suite)).toEqual({ code: 6, closed: true });
  });

  test("blocked INT and TERM are left to the caller: the step ends by itself", async () => {
    const python = Bun.which("python3");
    if (!python) return;
    const suite = await startSuite();
    const block =
      "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [2, 15]); os.execvp(sys.argv[1], sys.argv[1:])";
    const step = ["bash", "-c", "echo ready; sleep 0.4; exit 6"];
    const exec = start([python, "-c", block, ...program, ...execArgs(suite, [], step)]);
    await logWith(suite, "ready");
    exec.signal("SIGTERM");
    expect((await exec.ended).code).toBe(6);
    expect(leftOf(suite)).toEqual([]);
  });
});
