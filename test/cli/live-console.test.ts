// check: alone, lines that come and go in a terminal, by the second

import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { bash, program, run, tempDir } from "../support/program.ts";
import { until } from "../support/started.ts";

const play = [process.execPath, path.join(import.meta.dir, "../fixtures/programs/live-console.ts")];

/** What a program writes to a terminal of its own, to the byte. */
async function inRawTerminal(
  suite: object | readonly string[],
  options: {
    columns?: number;
    env?: Record<string, string>;
    whileIt?: (terminal: Bun.Terminal, seen: () => string) => Promise<void>;
  } = {},
): Promise<string> {
  let raw = "";
  const child = Bun.spawn(Array.isArray(suite) ? suite : [...play, JSON.stringify(suite)], {
    env: { PATH: process.env.PATH!, TERM: "xterm-256color", ...options.env },
    terminal: {
      cols: options.columns ?? 80,
      rows: 24,
      data: (_, bytes) => {
        raw += Buffer.from(bytes).toString();
      },
    },
  });
  await options.whileIt?.(child.terminal!, () => raw);
  await child.exited;
  await until("the terminal's last words", () => raw.includes("\n"));
  await Bun.sleep(50);
  return raw;
}

/** What is on the screen in the end, of a terminal that knows \r and \x1b[K. */
function screenOf(raw: string): string[] {
  const rows = [""];
  for (const [token] of raw.replaceAll(/\x1b\[\d+m/g, "").matchAll(/\x1b\[K|\r\n|\r|[^\r\x1b]+|\x1b/g)) {
    if (token === "\r\n") rows.push("");
    else if (token === "\r" || token === "\x1b[K") rows[rows.length - 1] = "";
    else rows[rows.length - 1] += token;
  }
  return rows;
}

const wait = (text: string) => text.replaceAll(/\d+\.\d\ds/g, "N.NNs");

describe.concurrent("the console of a suite, on a terminal,", () => {
  test("has a line for each step in the end, and nothing besides", async () => {
    const raw = await inRawTerminal({
      steps: [
        { name: "build", output: [250, "compiling\n"] },
        { name: "check", output: ["x"], verdict: "failed", code: 3 },
        { name: "net", output: [], verdict: "flaky", attempts: 2, tries: 3 },
        { name: "slow", output: [], verdict: "timeout" },
        { name: "server", output: [], verdict: "leak" },
        { name: "stopped", output: [], verdict: "interrupted" },
      ],
    });
    expect(screenOf(raw).map(wait)).toEqual([
      "PASS [  N.NNs] 01 build",
      "FAIL [  N.NNs] 02 check (exit 3)",
      "FLAKY 2/3 [  N.NNs] 03 net",
      "TIMEOUT [  N.NNs] 04 slow",
      "LEAK [  N.NNs] 05 server",
      "INTERRUPTED [  N.NNs] 06 stopped",
      "",
    ]);
    expect(raw).toContain("\x1b[32mPASS\x1b[0m");
    expect(raw).toContain("\x1b[31mFAIL\x1b[0m");
  });

  test("names the place of a failure, and cuts its command to the width, but never the place", async () => {
    const place = (file: string, command: string) => ({ file, line: 6, command });
    const long = `assert_eq ${"日本".repeat(40)}`;
    const failed = (name: string, failedAt: object, code = 1) => ({
      name,
      output: [],
      verdict: "failed",
      code,
      failedAt,
    });
    const raw = await inRawTerminal({
      steps: [
        failed("totals", place("checks/04-totals.sh", "assert_eq 45 42")),
        failed("wide", place("checks/04-totals.sh", long)),
        failed("deep", place(`${"deep/".repeat(20)}x.sh`, "false")),
        failed("evil", place("a\x1b[2Jb.sh", "printf '\x1b]0;x\x07'\nrm x")),
        { ...failed("late", place("x.sh", "sleep 9")), verdict: "timeout" },
      ],
    });
    const rows = screenOf(raw).map(wait);
    expect(rows[0]).toBe("FAIL [  N.NNs] 01 totals (exit 1)  checks/04-totals.sh:6  assert_eq 45 42");
    expect(rows[1]).toStartWith("FAIL [  N.NNs] 02 wide (exit 1)  checks/04-totals.sh:6  assert_eq 日本");
    expect(rows[1]).toEndWith("…");
    expect(Bun.stringWidth(rows[1]!)).toBeWithin(77, 80);
    expect(rows[2]).toBe(`FAIL [  N.NNs] 03 deep (exit 1)  ${"deep/".repeat(20)}x.sh:6`);
    expect(rows[3]).toBe("FAIL [  N.NNs] 04 evil (exit 1)  a\\x1b[2Jb.sh:6  printf '\\x1b]0;x\\x07' …");
    expect(rows[4]).toBe("TIMEOUT [  N.NNs] 05 late  x.sh:6  sleep 9");
  });

  test("says below them which step runs, for how long, and its last line, at most ten times a second", async () => {
    const raw = await inRawTerminal({
      steps: [
        { name: "one", output: [] },
        { name: "two", output: ["a\n", 300, "half", " a line\r", 700, "\n\n"] },
      ],
    });
    expect(raw).toMatch(/\r\[2\/2\] 02 two 0\.\ds \| a\x1b\[K/);
    expect(raw).toMatch(/\r\[2\/2\] 02 two 0\.\ds \| half a line\x1b\[K/);
    expect(raw.match(/\r\[2\/2\]/g)!.length).toBeLessThan(13);
  });

  test("cuts it to the width, also of wide characters, and follows a window that is resized", async () => {
    const steps = [{ name: "wide", output: ["日本語".repeat(40), 2000] }];
    const widths = (raw: string) =>
      [...raw.matchAll(/\r(\[1\/1\][^\r\x1b]*)\x1b\[K/g)].map(([, text]) => Bun.stringWidth(text!));
    const raw = await inRawTerminal(
      { steps },
      {
        columns: 40,
        whileIt: async (terminal, seen) => {
          await until("a line", () => widths(seen()).length > 1);
          terminal.resize(60, 24);
          await until("a wider line", () => widths(seen()).some((width) => width > 40));
          terminal.resize(30, 24);
        },
      },
    );
    const all = widths(raw);
    expect(Math.max(...all)).toBeLessThan(60);
    expect(Math.max(...all)).toBeGreaterThan(56);
    expect(all[0]).toBeLessThan(40);
    expect(all.at(-1)).toBeLessThan(30);
  });

  test("lets no control character of a step through, and takes its colours out", async () => {
    const dir = tempDir();
    const stderrFile = path.join(dir, "err.txt");
    fs.writeFileSync(stderrFile, "\x1b[31mred\x1b[0m \x1b]0;title\x07\x1b[2J\n");
    const raw = await inRawTerminal({
      steps: [
        { name: "e\x1b[2Jvil", output: ["\x1b[32mok\x1b[0m \x1b[2Jgone", 300], verdict: "failed", code: 1, stderrFile },
      ],
    });
    expect(raw).toContain("| ok \\x1b[2Jgone");
    expect(raw).toContain("--- 01 e\\x1b[2Jvil: stderr\r\nred \\x1b]0;title\\x07\\x1b[2J\r\n");
    expect(raw).not.toContain("\x1b[2J");
    expect(raw).not.toContain("\x07");
  });

  test("has no colours with NO_COLOR, and is plain lines with CI or TERM=dumb", async () => {
    const suite = { steps: [{ name: "build", output: [250] }] };
    const plain = await inRawTerminal(suite, { env: { NO_COLOR: "1" } });
    expect(plain).not.toContain("\x1b[3");
    expect(plain).toContain("\r[1/1] 01 build");
    const plainly: Record<string, string>[] = [{ CI: "true", NO_COLOR: "1" }, { TERM: "dumb" }];
    for (const env of plainly) {
      expect(wait(await inRawTerminal(suite, { env }))).toBe("PASS [  N.NNs] 01 build\r\n");
    }
  });
});

describe.concurrent("the console of a suite, in a pipe or file,", () => {
  const played = async (suite: object) => {
    const { stdout, stderr, code } = await run([...play, JSON.stringify(suite)], { env: { TERM: "xterm" } });
    expect(code).toBe(0);
    return { stdout, stderr: wait(stderr) };
  };

  test("has plain lines on stderr, and the end of a failed step's output as it is", async () => {
    const dir = tempDir();
    const [stdoutFile, stderrFile] = [path.join(dir, "out.txt"), path.join(dir, "err.txt")];
    fs.writeFileSync(stdoutFile, "a\n");
    fs.writeFileSync(stderrFile, "\x1b[31mred\x1b[0m");
    const steps = [
      { name: "build", output: ["x"] },
      { name: "check", output: [], verdict: "failed", code: 3, stdoutFile, stderrFile },
    ];
    const lines = "PASS [  N.NNs] 01 build\nFAIL [  N.NNs] 02 check (exit 3)\n";
    const tail = "--- 02 check: stderr\n\x1b[31mred\x1b[0m\n--- 02 check: stdout\na\n";
    expect(await played({ steps })).toEqual({ stdout: "", stderr: lines + tail });
    expect(await played({ show: "none", steps })).toEqual({ stdout: "", stderr: lines });
    expect(await played({ show: "all", steps })).toEqual({ stdout: "x", stderr: lines });
  });

  test("says of a silent step how long it runs, and when it last said something", async () => {
    const { stderr } = await played({
      heartbeatMs: 500,
      steps: [
        { name: "silent", output: [900, "x", 900] },
        { name: "busy", output: Array.from({ length: 40 }, (_, i) => (i % 2 ? "x" : 50)) },
      ],
    });
    const lines = stderr
      .replaceAll(/\d\.\ds/g, "Ns")
      .trimEnd()
      .split("\n");
    expect([...new Set(lines)]).toEqual([
      "  ...  [1/2] 01 silent runs for Ns, no output yet",
      "  ...  [1/2] 01 silent runs for Ns, last output Ns ago",
      "PASS [  N.NNs] 01 silent",
      "PASS [  N.NNs] 02 busy",
    ]);
  });

  test("says once of a step that it is slow", async () => {
    const { stderr } = await played({ slowMs: 1000, steps: [{ name: "long", output: [2500] }] });
    expect(stderr).toBe("SLOW >1s 01 long\nPASS [  N.NNs] 01 long\n");
  });

  test("never makes a step wait when nobody reads it", async () => {
    const done = path.join(tempDir(), "done");
    const steps = [
      { name: "loud", output: [], loud: 40 },
      { name: "next", output: [] },
    ];
    const command = `'${[...play, JSON.stringify({ show: "stdout", steps })].join("' '")}' 2>${done}`;
    // Its lines go to a file, its stdout to a pipe that is read only when both steps have ended.
    const { stdout } = await bash(`${command} | { until grep -q 02 ${done}; do sleep 0.05; done; wc -c; }`, {
      env: { TERM: "xterm" },
    });
    const text = fs.readFileSync(done, "utf8");
    const leftOut = Number(/too slow for (\d+) bytes of stdout; they are in the log/.exec(text)![1]);
    expect(Number(stdout) + leftOut).toBe(4_000_000);
  });
});

describe.concurrent("record", () => {
  /** A directory of steps, to be recorded in. */
  const stepsIn = (...scripts: string[]): string => {
    const dir = tempDir();
    for (const [i, script] of scripts.entries()) {
      fs.writeFileSync(path.join(dir, `0${i + 1}-step.sh`), `#!/bin/bash\ncd ${dir}\n${script}\n`, { mode: 0o755 });
    }
    return dir;
  };
  const record = (dir: string, ...flags: string[]) => [
    ...[...program, "record", "--root-dir", dir, "--db", path.join(dir, "runs.db")],
    ...[...flags, dir],
  ];

  test("has this console: the running step, its end, and the end of what a failed one printed", async () => {
    const dir = stepsIn("echo begun; sleep 0.5", "seq 3; echo broken >&2; exit 4");
    const raw = await inRawTerminal(record(dir));
    expect(raw).toMatch(/\r\[1\/2\] 01 step 0\.\ds \| begun\x1b\[K/);
    expect(screenOf(raw).map(wait).slice(0, 7)).toEqual([
      ...["PASS [  N.NNs] 01 step", "FAIL [  N.NNs] 02 step (exit 4)  02-step.sh:3  exit 4"],
      ...["--- 02 step: stderr", "broken", "--- 02 step: stdout", "1", "2"],
    ]);
  });

  test("says with --heartbeat now and then that a silent step runs", async () => {
    const dir = stepsIn("sleep 1.5");
    const { stderr, code } = await run(record(dir, "--heartbeat", "500ms"));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^ {2}\.\.\. {2}\[1\/1\] 01 step runs for \d\.\ds, no output yet\n/);
    expect((await run(record(dir, "--heartbeat", "soon"))).stderr).toStartWith(
      'Error: --heartbeat "soon" is no duration',
    );
  });

  test("goes on when its terminal is stopped with Ctrl-S, and shows the rest after Ctrl-Q", async () => {
    const dir = stepsIn("touch running; until [ -e go ]; do sleep 0.05; done; seq 1000; exit 1", "touch over");
    const raw = await inRawTerminal(record(dir, "--keep-going"), {
      whileIt: async (terminal) => {
        await until("a running step", () => fs.existsSync(path.join(dir, "running")));
        terminal.write("\x13");
        await Bun.sleep(200);
        fs.writeFileSync(path.join(dir, "go"), "");
        await until("the next step", () => fs.existsSync(path.join(dir, "over")));
        terminal.write("\x11");
      },
    });
    expect(raw).toContain("01 step (exit 1)  01-step.sh:3  exit 1\r\n");
    expect(raw).toContain("\r\n999\r\n1000\r\n");
    expect(wait(raw)).toContain("02 step\r\n");
  });

  test("leaves no half line behind when it is interrupted", async () => {
    const dir = stepsIn("touch running; sleep 60");
    const raw = await inRawTerminal(record(dir), {
      whileIt: async (terminal, seen) => {
        await until("the live line", () => seen().includes("[1/1]"));
        await until("a running step", () => fs.existsSync(path.join(dir, "running")));
        terminal.write("\x03");
      },
    });
    const screen = screenOf(raw.replaceAll("^C", ""));
    expect(wait(screen[0]!)).toBe("INTERRUPTED [  N.NNs] 01 step  01-step.sh:3  sleep 60");
    expect(screen.filter((row) => row.startsWith("[1/1]"))).toEqual([]);
  });
});
