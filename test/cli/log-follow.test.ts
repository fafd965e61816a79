import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program } from "../support/program.ts";
import { execArgs, logWith, start, startExec, until } from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** Follows step 1, and keeps what it has printed so far. */
function follow(suite: Suite, ...flags: string[]) {
  const child = Bun.spawn([...program, "log", "1", "--db", suite.db, "--follow", ...flags], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const seen = { text: "" };
  const all = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) seen.text += decoder.decode(chunk, { stream: true });
  })();
  const ended = Promise.all([all, child.stderr.text(), child.exited]).then(([, stderr, code]) => ({
    stdout: seen.text,
    stderr,
    code,
  }));
  return { child, seen, ended };
}

/** A step that goes on each time that a file appears. */
async function steered(
  body: (wait: (name: string) => string) => string,
): Promise<{ suite: Suite; go: (name: string) => void }> {
  const suite = await startSuite();
  const wait = (name: string) => `while [ ! -e ${suite.dir}/${name} ]; do sleep 0.02; done`;
  startExec(suite, [], ["bash", "-c", body(wait)]);
  await logWith(suite, "one");
  return { suite, go: (name) => fs.writeFileSync(path.join(suite.dir, name), "") };
}

describe("log --follow", () => {
  test("prints both streams as they come, and ends with the step", async () => {
    const { suite, go } = await steered(
      (wait) => `echo one; ${wait("a")}; echo two >&2; ${wait("b")}; echo three; ${wait("c")}; printf end; exit 3`,
    );
    const { seen, ended } = follow(suite);
    await until("what was there", () => seen.text === "one\n");
    go("a");
    await until("a line of stderr", () => seen.text === "one\ntwo\n");
    go("b");
    await until("another of stdout", () => seen.text === "one\ntwo\nthree\n");
    go("c");
    expect(await ended).toEqual({ stdout: "one\ntwo\nthree\nend", stderr: "", code: 0 });
  });

  test("says with --timestamps when each line came, as far as it saw it come", async () => {
    const { suite, go } = await steered(
      (wait) => `echo one; ${wait("a")}; echo two >&2; printf half; ${wait("b")}; echo ' whole'`,
    );
    const { seen, ended } = follow(suite, "--timestamps");
    await until("what was there", () => seen.text !== "");
    go("a");
    await until("a line of stderr", () => seen.text.includes("two"));
    go("b");
    const { stdout, code } = await ended;
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => /^ *\+([\d.]+s|\?)[ ~](out|err) (.*)$/.exec(line)!.slice(1));
    expect([code, lines.map(([, stream, text]) => `${stream} ${text}`)]).toEqual([
      0,
      ["out one", "err two", "out half whole"],
    ]);
    expect(lines[0]![0]).toBe("?");
    expect(Number.parseFloat(lines[2]![0]!)).toBeGreaterThanOrEqual(Number.parseFloat(lines[1]![0]!));
  });

  test("shows a line that waits without its end, and ends it before the other stream's", async () => {
    const { suite, go } = await steered(
      (wait) => `echo one; printf 'continue? '; ${wait("a")}; echo no >&2; ${wait("b")}; echo yes`,
    );
    const { seen, ended } = follow(suite);
    await until("the question", () => seen.text === "one\ncontinue? ");
    go("a");
    await until("the other stream", () => seen.text === "one\ncontinue? \nno\n");
    go("b");
    expect(await ended).toMatchObject({ stdout: "one\ncontinue? \nno\nyes\n", code: 0 });
  });

  test("takes one stream, --grep, and --tail for what was there before", async () => {
    const { suite, go } = await steered(
      (wait) => `echo zero; echo one; ${wait("a")}; echo two >&2; printf '\\033[1mthree\\n'`,
    );
    const views = [["--stdout"], ["--grep", "^t"], ["--tail", "1"], ["--tail", "0"]].map((flags) =>
      follow(suite, ...flags),
    );
    await until("what was there", () => views[0]!.seen.text === "zero\none\n" && views[2]!.seen.text === "one\n");
    await Bun.sleep(300);
    go("a");
    const [stdout, grep, tail, none] = (await Promise.all(views.map(({ ended }) => ended))).map((end) => end.stdout);
    expect(stdout).toBe("zero\none\n\x1b[1mthree\n");
    const lines = (text: string | undefined) => text!.split("\n").sort();
    expect(lines(grep)).toEqual(["", "\x1b[1mthree", "two"]);
    expect(lines(tail)).toEqual(["", "\x1b[1mthree", "one", "two"]);
    expect(lines(none)).toEqual(["", "\x1b[1mthree", "two"]);
  });

  test("of a step that has ended prints all of it", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["bash", "-c", "echo out; echo err >&2"]);
    expect(await follow(suite).ended).toEqual({ stdout: "out\nerr\n", stderr: "", code: 0 });
    expect(await follow(suite, "--lines", "1").ended).toMatchObject({ stdout: "", code: 2 });
  });

  test("ends when the recorder is killed, and says so", async () => {
    const suite = await startSuite();
    const recorder = start([...program, ...execArgs(suite, [], ["bash", "-c", "echo one; exec sleep 60"])]);
    await logWith(suite, "one");
    const { seen, ended } = follow(suite);
    await until("what was there", () => seen.text === "one\n");
    recorder.signalGroup("SIGKILL");
    expect(await ended).toEqual({
      stdout: "one\n",
      stderr: "[scenariolog] note: the step has no end: its recorder is gone\n",
      code: 0,
    });
  });
});

describe("log --lines", () => {
  test("prints a range of one stream, or of both as they are printed", async () => {
    const suite = await startSuite();
    await suite.exec(
      ["--step-num", "1"],
      ["bash", "-c", "for i in {1..1000}; do echo o$i; done; sleep 0.1; echo e1 >&2; sleep 0.1; printf last"],
    );
    const lines = async (...flags: string[]) => (await suite.verb("log", ["1", ...flags])).stdout;
    expect(await lines("--stdout", "--lines", "100-102")).toBe("o100\no101\no102\n");
    expect(await lines("--stdout", "--lines", "7")).toBe("o7\n");
    expect(await lines("--stdout", "--lines", "-2")).toBe("o1\no2\n");
    expect(await lines("--stdout", "--lines", "1000-")).toBe("o1000\nlast");
    expect(await lines("--lines", "1000-1001")).toBe("o1000\ne1\n");
    expect(await lines("--lines", "1001-2000")).toBe("e1\nlast");
    expect(await lines("--lines", "5000-6000")).toBe("");
    expect(await lines("--stdout", "--lines", "5000-")).toBe("");
    for (const stream of ["--stdout", "--merged"]) {
      expect(await lines(stream, "--lines", "95-105", "--grep", "^o10[01]$")).toBe("o100\no101\n");
    }
    expect(await lines("--stdout", "--lines", "3-4", "--timestamps")).toMatch(/^ *\+\S+ +out o3\n *\+\S+ +out o4\n$/);
  });

  test.each(["x", "", "-", "0", "0-3", "5-3", "1-2-3", "1.5"])("refuses %p in one line", async (range) => {
    const suite = await startSuite();
    const { stdout, stderr, code } = await suite.verb("log", ["1", "--lines", range]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
    expect(stderr).toStartWith(`Error: --lines `);
  });

  test("excludes --tail", async () => {
    const suite = await startSuite();
    expect(await suite.verb("log", ["1", "--lines", "1", "--tail", "1"])).toMatchObject({ stdout: "", code: 2 });
  });
});
