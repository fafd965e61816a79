import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { fixture } from "../support/fixtures.ts";
import { program } from "../support/program.ts";
import {
  alive,
  endOf,
  execArgs,
  killLeft,
  leftOf,
  logOf,
  logWith,
  start,
  startExec,
  unrecorded,
  until,
} from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const WARNING = /^\[scenariolog\] warning: step \S+ left behind what holds its output open: (.*)$/m;

describe.if(process.platform === "linux").concurrent("a background process that holds the step's output", () => {
  test("is left alone after --leak-timeout, named in a warning and in the tags", async () => {
    const suite = await startSuite();
    const { code, stderr, ms } = await startExec(suite, [], ["bash", "-c", "sleep 301 & echo $!; exit 4"]).ended;
    const pid = Number(logOf(suite));
    expect(code).toBe(4);
    expect(ms).toBeWithin(500, 8000);
    expect(WARNING.exec(stderr)?.[1]).toBe(`${pid} sleep 301`);
    expect(stderr.match(/warning/g)).toHaveLength(1);
    expect(alive(pid)).toBe(true);
    const { leaked, "leaked.processes": processes, ...end } = endOf(suite);
    expect(end).toEqual({ code: 4, closed: true });
    expect(leaked).toBe("true");
    expect(JSON.parse(String(processes))).toEqual([{ pid, command: "sleep 301" }]);
    expect(unrecorded(suite).filter((problem) => !problem.includes("-late"))).toEqual([]);
    killLeft(suite);
  });

  test("goes on writing into a file of its own, and nothing is lost or doubled between the two", async () => {
    const suite = await startSuite();
    const broken = path.join(suite.dir, "broken");
    const step = `${fixture("server.sh")} '${broken}' & sleep 0.1`;
    const { code } = await startExec(suite, ["--leak-timeout", "200ms"], ["bash", "-c", step]).ended;
    expect(code).toBe(0);
    const recorded = logOf(suite);
    const pid = Number(/^server (\d+)/.exec(recorded)![1]);
    await until("later lines", () => late(suite, "stdout").split("\n").length > 20);
    expect(alive(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
    await until("the end of what read its lines", () => leftOf(suite).length === 0);
    expect(logOf(suite)).toBe(recorded);
    expect(fs.existsSync(broken)).toBe(false);
    expect(numbers("line", recorded + late(suite, "stdout"))).toEqual(undefined);
    expect(numbers("error", logOf(suite, 1, "stderr") + late(suite, "stderr"))).toEqual(undefined);
    expect(unrecorded(suite).filter((problem) => !problem.includes("-late"))).toEqual([]);
  });

  test("and floods it is left alone as well: all of its lines are in one of the two files", async () => {
    const suite = await startSuite();
    const step = `${fixture("flood.sh")} & sleep 0.02`;
    const { code } = await startExec(suite, ["--leak-timeout", "20ms"], ["bash", "-c", step]).ended;
    expect(code).toBe(0);
    await until("the end of what read its lines", () => leftOf(suite).length === 0);
    const [first, second] = [suite.log(1, "stdout"), Buffer.from(late(suite, "stdout"))];
    expect(first.length).toBeGreaterThan(0);
    expect(second.length).toBeGreaterThan(0);
    expect(numbers("flood", Buffer.concat([first, second]).toString())).toEqual(undefined);
    expect(first.length + second.length).toBeGreaterThan(120_000 * 980);
    expect(suite.sql("SELECT size_bytes FROM artifacts WHERE kind = 'stdout'")).toEqual([{ size_bytes: first.length }]);
  });

  test("is found in a session of its own, and one warning names all of several", async () => {
    const suite = await startSuite();
    const step =
      "setsid sleep 302 & (setsid bash -c 'sleep 303 & sleep 304' &) ; sleep 305 >/dev/null 2>&1 & sleep 0.2";
    const { code, stderr } = await startExec(suite, ["--leak-timeout", "100ms"], ["bash", "-c", step]).ended;
    expect(code).toBe(0);
    const named = WARNING.exec(stderr)![1]!
      .split("; ")
      .map((text) => text.replace(/^\d+ /, ""));
    expect(named.sort()).toEqual(["bash -c sleep 303 & sleep 304", "sleep 302", "sleep 303", "sleep 304"]);
    killLeft(suite);
  });

  test("fails a passed step with --on-leak fail, but does not change the code of a failed one", async () => {
    const suite = await startSuite();
    const flags = ["--leak-timeout", "100ms", "--on-leak", "fail"];
    expect((await startExec(suite, flags, ["bash", "-c", "sleep 300 &"]).ended).code).toBe(1);
    expect(endOf(suite)).toMatchObject({ code: 1, leaked: "true", "exit.reason": "leak" });
    const second = startExec(suite, [...flags, "--step-num", "2"], ["bash", "-c", "sleep 300 & exit 6"]);
    expect((await second.ended).code).toBe(6);
    expect(endOf(suite, 2)).toMatchObject({ code: 6, leaked: "true" });
    killLeft(suite);
  });

  test("is killed with --on-leak kill, in any session, while processes that hold no output are spared", async () => {
    const suite = await startSuite();
    const step =
      "setsid bash -c 'trap \"\" TERM; sleep 300; sleep 300' & sleep 300 >/dev/null 2>&1 & echo $!; sleep 0.2";
    const { code, stderr } = await startExec(
      suite,
      ["--leak-timeout", "100ms", "--on-leak", "kill"],
      ["bash", "-c", step],
    ).ended;
    expect(code).toBe(0);
    expect(stderr).toMatch(WARNING);
    const quiet = Number(logOf(suite));
    expect(leftOf(suite)).toEqual([`${quiet} sleep 300`]);
    expect(endOf(suite)).toMatchObject({ code: 0, leaked: "true" });
    expect(fs.readdirSync(path.join(suite.dir, "logs")).sort()).toEqual(["step-01-stderr.txt", "step-01-stdout.txt"]);
    killLeft(suite);
  });

  test("and releases it in time is no leak", async () => {
    const suite = await startSuite();
    const step = "(sleep 0.3; echo last) & echo first";
    const { code, stderr } = await startExec(suite, ["--leak-timeout", "20s"], ["bash", "-c", step]).ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain("warning");
    expect(logOf(suite)).toBe("first\nlast\n");
    expect(endOf(suite)).toEqual({ code: 0, closed: true });
  });
});

describe.if(process.platform === "linux")("an unrelated process that holds the step's output", () => {
  test("is a leak as well, even if nobody can name it", async () => {
    const suite = await startSuite();
    const exec = startExec(suite, [], ["bash", "-c", "echo step $$; sleep 0.3; echo last"]);
    const step = Number(/step (\d+)/.exec(await logWith(suite, "step"))![1]);
    const stranger = fs.openSync(`/proc/${step}/fd/1`, "w");
    const { code, stderr } = await exec.ended;
    fs.writeSync(stranger, "late\n");
    fs.closeSync(stranger);
    expect(code).toBe(0);
    expect(WARNING.exec(stderr)?.[1]).toBe("a process that could not be found");
    expect(endOf(suite)).toEqual({ code: 0, closed: true, leaked: "true", "leaked.processes": "[]" });
    await until("the late line", () => late(suite, "stdout") === "late\n");
    expect(logOf(suite)).toEndWith("last\n");
  });
});

describe.if(process.platform === "linux").concurrent("a step without a leak", () => {
  test("is not taken for a leak with --leak-timeout 0, whatever it printed", async () => {
    const suite = await startSuite();
    for (let step = 1; step <= 10; step++) {
      const flags = ["--leak-timeout", "0", "--step-num", String(step)];
      const { stderr } = await startExec(suite, flags, ["seq", "20000"]).ended;
      expect(stderr).not.toContain("warning");
      expect(endOf(suite, step)).toEqual({ code: 0, closed: true });
      expect(logOf(suite, step)).toEndWith("\n20000\n");
    }
  });

  test("waits for no background process that holds none of its output", async () => {
    const suite = await startSuite();
    const step = "setsid sleep 300 >/dev/null 2>&1 </dev/null & echo $!";
    const { stderr, ms } = await startExec(suite, ["--leak-timeout", "40s"], ["bash", "-c", step]).ended;
    expect(ms).toBeLessThan(30_000);
    expect(stderr).not.toContain("warning");
    expect(endOf(suite)).toEqual({ code: 0, closed: true });
    expect(alive(Number(logOf(suite)))).toBe(true);
    killLeft(suite);
  });

  test("is not confused with a process that a script started before it became the recorder", async () => {
    const suite = await startSuite();
    const exec = [...program, ...execArgs(suite, ["--grace", "100ms"], ["bash", "-c", "echo ready; sleep 300"])];
    const script = `sleep 306 >/dev/null 2>&1 & echo $! > '${suite.dir}/pid'; exec "$@"`;
    const shell = start(["bash", "-c", script, "-", ...exec]);
    await until("the step", () => logOf(suite).includes("ready"));
    shell.signal("SIGTERM");
    expect((await shell.ended).signal).toBe("SIGTERM");
    const pid = Number(fs.readFileSync(path.join(suite.dir, "pid"), "utf8"));
    expect(alive(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });
});

function late(suite: Suite, stream: "stdout" | "stderr"): string {
  try {
    return fs.readFileSync(path.join(suite.dir, "logs", `step-01-${stream}-late.txt`), "utf8");
  } catch {
    return "";
  }
}

/** What is wrong with `word 1`, `word 2`, `word 3`…: undefined when each is there once, in order. */
function numbers(word: string, text: string): string | undefined {
  const found = [...text.matchAll(new RegExp(`^${word} (\\d+)`, "gm"))].map(([, number]) => Number(number));
  if (found.length < 10) return `only ${found.length}`;
  for (const [i, number] of found.entries()) if (number !== i + 1) return `${number} is number ${i + 1}`;
  return undefined;
}
