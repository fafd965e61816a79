// check: alone, keys that are typed at a certain moment

import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { fixture } from "../support/fixtures.ts";
import { program } from "../support/program.ts";
import {
  childrenOf,
  commandOf,
  endOf,
  execArgs,
  leftOf,
  logOf,
  logWith,
  stateOf,
  unrecorded,
  until,
} from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { CTRL_BACKSLASH, CTRL_C, CTRL_Z, inTerminal } from "../support/terminal.ts";

/**
 * A harness as users write them: steps one after the other, the run closed in an EXIT trap. With `bare`, the same
 * steps without us. What it prints is alike, but for our summary lines.
 */
function harness(suite: Suite, steps: readonly (readonly string[])[], bare = false): string {
  const quote = (words: readonly string[]) => words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const wrap = (command: readonly string[], i: number) =>
    bare
      ? `${quote(command)} >'${suite.dir}/bare' 2>&1 </dev/null`
      : quote([...program, ...execArgs(suite, ["--step-num", String(i + 1)], command)]);
  const end = bare ? ":" : quote([...program, "run", "end", "--db", suite.db, "--run-id", suite.runId, "--exit-code"]);
  const file = path.join(suite.dir, bare ? "bare.sh" : "harness.sh");
  const lines = steps.flatMap((command, i) => [wrap(command, i), `echo "after ${i + 1}: $?"`]);
  fs.writeFileSync(file, `trap 'code=$?; echo "EXIT trap"; ${end} $code' EXIT\necho begin\n${lines.join("\n")}\n`);
  return file;
}

const withoutSummaries = (screen: string) => screen.replace(/^(\^[CZ\\])?(\[scenariolog\].*|Error: step .*)\n/gm, "$1");

describe.if(process.platform === "linux").concurrent("Ctrl-C in a terminal", () => {
  for (const shell of ["bash", "dash", "zsh"].filter((name) => Bun.which(name))) {
    test(`ends a whole ${shell} harness as it would without us, and the run is closed and complete`, async () => {
      const suite = await startSuite();
      const steps = [["true"], ["bash", "-c", "echo ready; sleep 60"], ["echo", "never"]];
      const bare = inTerminal([shell, harness(suite, steps, true)]);
      await bare.shows("after 1: 0");
      await until("the step", () => fs.readFileSync(path.join(suite.dir, "bare"), "utf8").includes("ready"));
      await bare.type(CTRL_C);
      const expected = await bare.ended;
      const session = inTerminal([shell, harness(suite, steps)]);
      await logWith(suite, "ready", 2);
      await Bun.sleep(50);
      await session.type(CTRL_C);
      expect(await session.ended).toEqual(expected);
      expect(withoutSummaries(session.output())).toBe(bare.output());
      expect(endOf(suite, 2)).toMatchObject({ code: 130, "exit.signal": "SIGINT", "exit.reason": "interrupted" });
      expect(suite.sql("SELECT count(*) AS n FROM steps")).toEqual([{ n: 2 }]);
      if (session.output().includes("EXIT trap")) {
        expect(suite.sql("SELECT completed_at IS NOT NULL AS closed FROM scenario_runs")).toEqual([{ closed: 1 }]);
      }
      expect(unrecorded(suite)).toEqual([]);
      expect(leftOf(suite)).toEqual([]);
    });
  }

  test("reaches a step that answers it once, and the harness goes on as it would without us", async () => {
    const suite = await startSuite();
    const steps = [
      [fixture("traps.sh"), "7"],
      ["echo", "next"],
    ];
    const session = inTerminal(["bash", harness(suite, steps)]);
    await logWith(suite, "ready");
    await Bun.sleep(50);
    await session.type(CTRL_C);
    expect(await session.ended).toEqual({ code: 0, signal: null });
    expect(withoutSummaries(session.output())).toBe("begin\n^Cafter 1: 7\nafter 2: 0\nEXIT trap\n");
    expect(logOf(suite)).toBe("ready\ngot INT\ncount 1\n");
    expect(endOf(suite)).toMatchObject({ code: 7, "exit.signal": "SIGINT" });
  });

  test("reaches it one time, also if there is no cat to watch for such signals", async () => {
    const suite = await startSuite();
    const step = ["/bin/bash", "-c", `PATH=/usr/bin:/bin exec '${fixture("traps.sh")}' 7`];
    const session = inTerminal(["/bin/bash", harness(suite, [step])], { PATH: "/nonexistent" });
    await logWith(suite, "ready");
    await Bun.sleep(50);
    await session.type(CTRL_C);
    expect(await session.ended).toEqual({ code: 0, signal: null });
    expect(logOf(suite)).toBe("ready\ngot INT\ncount 1\n");
    expect(endOf(suite)).toMatchObject({ code: 7, "exit.signal": "SIGINT" });
  });

  test("typed two times kills a step that is deaf to it, and ends the harness", async () => {
    const suite = await startSuite();
    const session = inTerminal(["bash", harness(suite, [[fixture("tree.sh")], ["echo", "never"]])]);
    await logWith(suite, "ready");
    await session.type(CTRL_C);
    await Bun.sleep(200);
    await session.type(CTRL_C);
    expect(await session.ended).toEqual({ code: null, signal: "SIGINT" });
    expect(session.output()).not.toContain("after 1");
    expect(endOf(suite)).toMatchObject({ code: 130, "exit.signal": "SIGINT" });
    expect(leftOf(suite)).toEqual([]);
  });

  test("in a step's first moments ends it, and the harness, all the same", async () => {
    const suite = await startSuite();
    for (let round = 0; round < 6; round++) {
      const file = harness(suite, [["bash", "-c", "sleep 60"]]);
      const session = inTerminal(["bash", file]);
      await session.shows("begin");
      // Between its fork and its exec bash loses a Ctrl-C by itself.
      await until("the recorder", () => childrenOf(session.pid).some((pid) => commandOf(pid).includes(suite.runId)));
      await Bun.sleep(process.env.SCENARIOLOG_BIN ? round * 8 : round * 30);
      await session.type(CTRL_C);
      expect(await session.ended).toEqual({ code: null, signal: "SIGINT" });
      expect(session.output()).not.toContain("after 1");
      expect(suite.sql("SELECT count(*) AS open FROM steps WHERE completed_at IS NULL")).toEqual([{ open: 0 }]);
    }
    expect(leftOf(suite)).toEqual([]);
  });
});

describe.if(process.platform === "linux").concurrent("in a terminal", () => {
  test("Ctrl-\\ ends the step and the recorder, without a core file of the recorder", async () => {
    const suite = await startSuite();
    const file = harness(suite, [["bash", "-c", "ulimit -c 0; echo ready; exec sleep 60"]]);
    fs.writeFileSync(file, `cd '${suite.dir}'; ulimit -c unlimited\n${fs.readFileSync(file, "utf8")}`);
    const session = inTerminal(["bash", file]);
    await logWith(suite, "ready");
    await Bun.sleep(50);
    await session.type(CTRL_BACKSLASH);
    expect(await session.ended).toEqual({ code: 0, signal: null });
    expect(session.output()).toContain("after 1: 131\n");
    expect(session.output()).toMatch(/Quit/);
    expect(session.output()).not.toContain("core dumped");
    expect(endOf(suite)).toMatchObject({ code: 131, "exit.signal": "SIGQUIT", "exit.reason": "interrupted" });
  });

  test("a step can ask on /dev/tty, and gets the answer", async () => {
    const suite = await startSuite();
    const ask = "read -r -s -p 'password? ' answer </dev/tty 2>/dev/tty; echo \"got $answer\"";
    const session = inTerminal(["bash", harness(suite, [["bash", "-c", ask]])]);
    await session.type("secret\n", "password? ");
    expect((await session.ended).code).toBe(0);
    expect(logOf(suite)).toBe("got secret\n");
  });

  test("that is closed, the step, the recorder and the harness end, and the step's row is closed", async () => {
    const suite = await startSuite();
    const session = inTerminal(["bash", harness(suite, [["bash", "-c", "echo ready; sleep 60"]])]);
    await logWith(suite, "ready");
    await Bun.sleep(50);
    session.hangUp();
    await session.ended;
    await until("the end of all", () => leftOf(suite).length === 0);
    expect(endOf(suite)).toMatchObject({ code: 129, "exit.signal": "SIGHUP", "exit.reason": "interrupted" });
    expect(unrecorded(suite)).toEqual([]);
  });

  for (const shell of [
    ["bash", "--norc", "--noprofile", "-i"],
    ["zsh", "-f", "-i"],
  ].filter(([name]) => Bun.which(name!))) {
    test(`Ctrl-Z and fg stop and wake a whole harness under ${shell[0]}, and no stopped time counts`, async () => {
      const suite = await startSuite();
      const marks = "for i in 1 2 3 4 5 6; do echo mark $i; sleep 0.15; done; echo done";
      const steps = [["bash", "-c", marks]];
      const file = harness(suite, steps);
      fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("'exec'", "'exec' '--timeout' '3s'"));
      const session = inTerminal(shell, { PS1: "prompt> ", PROMPT: "prompt> " });
      await session.type(`bash '${file}'\n`, "prompt> ");
      await logWith(suite, "mark 2");
      await session.type(CTRL_Z);
      await until("the shell's prompt", () => /(Stopped|suspended)[\s\S]*prompt> /.test(session.output()));
      await Bun.sleep(100);
      const stopped = logOf(suite);
      expect(stopped).not.toContain("done");
      await Bun.sleep(3000);
      expect(logOf(suite)).toBe(stopped);
      await session.type("fg\n");
      await session.shows("EXIT trap");
      await session.type("exit\n");
      await session.ended;
      expect(logOf(suite)).toEndWith("mark 6\ndone\n");
      expect(endOf(suite)).toEqual({ code: 0, closed: true });
      expect(session.output()).toContain("after 1: 0");
      expect(leftOf(suite)).toEqual([]);
    });
  }

  test("Ctrl-Z stops all; a recorder that is then woken alone wakes its step, and can be stopped alone again", async () => {
    const suite = await startSuite();
    const file = harness(suite, [[fixture("marks.sh"), "20"]]);
    const session = inTerminal(["bash", "--norc", "--noprofile", "-i"], { PS1: "prompt> " });
    await session.type(`bash '${file}'\n`, "prompt> ");
    await logWith(suite, "mark 2");
    const [shell] = childrenOf(session.pid);
    const recorder = childrenOf(shell!)[0]!;
    await session.type(CTRL_Z);
    await until("the stop", () => stateOf(recorder) === "T");
    process.kill(recorder, "SIGCONT");
    const mark = Number(/.*mark (\d+)/s.exec(logOf(suite))![1]);
    await logWith(suite, `mark ${mark + 3}`);
    process.kill(recorder, "SIGTSTP");
    await until("the second stop", () => stateOf(recorder) === "T");
    const step = childrenOf(recorder).find((pid) => commandOf(pid).includes("marks.sh"))!;
    expect(stateOf(step)).toBe("T");
    await session.type("fg\n");
    await session.shows("EXIT trap");
    await session.type("exit\n");
    await session.ended;
    expect(logOf(suite)).toEndWith("mark 20\ndone\n");
    expect(leftOf(suite)).toEqual([]);
  });

  test("Ctrl-C ends the harness also after it was stopped and woken", async () => {
    const suite = await startSuite();
    const file = harness(suite, [
      ["bash", "-c", "echo ready; sleep 60"],
      ["echo", "never"],
    ]);
    const session = inTerminal(["bash", "--norc", "--noprofile", "-i"], { PS1: "prompt> " });
    await session.type(`bash '${file}'; echo "code $?"\n`, "prompt> ");
    await logWith(suite, "ready");
    for (let round = 1; round <= 2; round++) {
      await Bun.sleep(50);
      await session.type(CTRL_Z);
      await until("the shell's prompt", () => session.output().split("Stopped").length > round);
      await Bun.sleep(50);
      await session.type("fg\n");
      await until("its being woken", () => session.output().split("fg\n").length > round);
    }
    await Bun.sleep(100);
    await session.type(CTRL_C);
    await session.shows("EXIT trap");
    await session.type("exit\n");
    await session.ended;
    expect(session.output()).not.toContain("after 1");
    expect(endOf(suite)).toMatchObject({ code: 130, "exit.signal": "SIGINT", "exit.reason": "interrupted" });
    expect(leftOf(suite)).toEqual([]);
  });
});
