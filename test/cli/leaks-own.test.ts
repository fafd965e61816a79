// check: smoke, what a step leaves behind is held by a helper process

import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { fixture } from "../support/fixtures.ts";
import { bash, program } from "../support/program.ts";
import {
  alive,
  childrenOf,
  commandOf,
  execArgs,
  killLeft,
  leftOf,
  logWith,
  startExec,
  stateOf,
  tell,
  until,
  untilTold,
} from "../support/started.ts";
import { startSuite } from "../support/suite.ts";

describe.if(process.platform === "linux").concurrent("of our own processes", () => {
  test("no helper outlives a step, however the step ended", async () => {
    const suite = await startSuite();
    for (const [step, end] of ["exit", "SIGTERM", "SIGKILL", "SIGINT"].entries()) {
      const script = end === "exit" ? `echo ready; ${untilTold(suite)}` : "echo ready; exec sleep 60";
      const exec = startExec(suite, ["--step-num", String(step)], ["bash", "-c", script]);
      await logWith(suite, "ready", step);
      // The step, and the one that watches for signals to the group.
      const children = await until("the second child", () => {
        const pids = childrenOf(exec.pid);
        return pids.length === 2 && pids;
      });
      if (end === "exit") tell(suite);
      else exec[end === "SIGINT" ? "signalGroup" : "signal"](end as NodeJS.Signals);
      await exec.ended;
      const left = children.filter((pid) => commandOf(pid).includes("sleep"));
      for (const pid of left) process.kill(pid, "SIGKILL"); // of a recorder that was killed
      await until("the end of both", () => !children.some(alive));
    }
    expect(leftOf(suite)).toEqual([]);
  });

  test("no helper is a child of the step, or holds what the caller or the step has open", async () => {
    const suite = await startSuite();
    const held = path.join(suite.dir, "held");
    fs.writeFileSync(held, "");
    const exec = [
      ...program,
      ...execArgs(
        suite,
        ["--leak-timeout", "50ms"],
        ["bash", "-c", `${fixture("server.sh")} x & echo "step $$"; ${untilTold(suite)}`],
      ),
    ];
    const quoted = exec.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const shell = bash(`exec 3<'${held}' 4<'${held}' 5<'${held}' 9<'${held}'; ${quoted}; exit $?`);
    const log = await logWith(suite, "step ");
    const step = Number(/step (\d+)/.exec(log)![1]);
    const recorder = Number(/^PPid:\t(\d+)$/m.exec(fs.readFileSync(`/proc/${step}/status`, "utf8"))![1]);
    const witness = await until("the watcher", () => childrenOf(recorder).find((pid) => pid !== step));
    await until("its start", () => commandOf(witness) === "cat");
    const open = (pid: number) =>
      fs.readdirSync(`/proc/${pid}/fd`).map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(open(witness).filter((target) => target === held)).toEqual([]);
    const pipes = open(step).filter((target) => target.startsWith("pipe:"));
    expect(open(witness).filter((target) => pipes.includes(target))).toEqual([]);
    expect(childrenOf(step).map(commandOf)).not.toContain("cat");
    tell(suite);
    expect((await shell).code).toBe(0);
    expect(alive(witness)).toBe(false);
    const keepers = leftOf(suite).filter((line) => / cat$/.test(line));
    expect(keepers).toHaveLength(2);
    for (const keeper of keepers) expect(open(Number.parseInt(keeper, 10))).not.toContain(held);
    for (const line of leftOf(suite))
      if (line.includes("server.sh")) process.kill(Number.parseInt(line, 10), "SIGKILL");
    await until("the keepers' end", () => leftOf(suite).length === 0);
  });

  test("no helper stays a zombie, and no orphan of a step that creates many does", async () => {
    const suite = await startSuite();
    const orphans = "for i in $(seq 100); do (sleep 0.05 & exec true) & done; wait; echo ready; sleep 60";
    const exec = startExec(suite, ["--grace", "100ms"], ["bash", "-c", orphans]);
    await logWith(suite, "ready");
    await until("the last zombie's end", () => !childrenOf(exec.pid).some((pid) => stateOf(pid) === "Z"));
    exec.signal("SIGTERM");
    await exec.ended;
    killLeft(suite);
  });
});
