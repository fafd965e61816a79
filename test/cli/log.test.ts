import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program } from "../support/program.ts";
import { execArgs, logWith, start, until } from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { inTerminal } from "../support/terminal.ts";

let suite: Suite;
const log = (...flags: string[]) => suite.verb("log", flags);

/** Pauses long enough that the order is known on a busy machine, too. */
const script = [
  "echo one; sleep 0.1; echo two >&2; sleep 0.1; echo three; echo four; sleep 0.1",
  "printf half; sleep 0.1; echo five >&2; sleep 0.4; echo ' and half'; printf 'no end'",
].join("\n");

beforeAll(async () => {
  suite = await startSuite();
  await suite.exec(["--step-num", "1", "--name", "mixed"], ["bash", "-c", script]);
  await suite.exec(
    ["--step-num", "2", "--name", "migrate"],
    ["bash", "-c", "for i in {1..5}; do echo o$i; echo e$i >&2; done"],
  );
  await suite.exec(
    ["--step-num", "3", "--name", "odd"],
    ["printf", "a\\033[31mred\\033[0m\\tb\\033]0;x\\007\\r\\nc\\377\\n"],
  );
  await suite.exec(["--step-num", "4", "--name", "again"], ["bash", "-c", "echo first"]);
  await suite.exec(["--step-num", "4", "--name", "again"], ["bash", "-c", "echo second >&2; exit 1"]);
});

describe("log", () => {
  test("merges both streams by time, whole lines, each where it began", async () => {
    expect(await log("1")).toEqual({
      stdout: "one\ntwo\nthree\nfour\nhalf and half\nfive\nno end",
      stderr: "",
      code: 0,
      signal: null,
    });
  });

  test("says with --timestamps when each line came, and from which stream", async () => {
    const { stdout } = await log("1", "--timestamps");
    const lines = stdout.split("\n").map((line) => /^ *\+(\d+\.\d{3})s (out|err) (.*)$/.exec(line)!.slice(1));
    expect(lines.map(([, stream, text]) => `${stream} ${text}`)).toEqual([
      ...["out one", "err two", "out three", "out four", "out half and half", "err five", "out no end"],
    ]);
    const seconds = lines.map(([time]) => Number(time));
    expect(seconds.toSorted((a, b) => a - b)).toEqual(seconds);
    expect(seconds[1]! - seconds[0]!).toBeGreaterThan(0.08);
    expect(seconds[6]! - seconds[5]!).toBeGreaterThan(0.35);
  });

  test("says where the order is not known", async () => {
    const { stdout, stderr } = await log("2", "--timestamps");
    expect(stdout.match(/s~(out|err) /g)).toHaveLength(10);
    expect(stderr).toBe(
      "[scenariolog] note: at 1 place stdout and stderr were written within 10 ms: which line came first is not known\n",
    );
    expect((await log("2")).stdout.split("\n").sort()).toEqual(["", ..."e1 e2 e3 e4 e5 o1 o2 o3 o4 o5".split(" ")]);
  });

  test("gives one stream byte for byte as it is in the file", async () => {
    for (const step of [1, 2, 3, 4]) {
      for (const stream of ["stdout", "stderr"] as const) {
        const child = Bun.spawn([...program, "log", String(step), "--db", suite.db, `--${stream}`], {
          stderr: "ignore",
        });
        const bytes = Buffer.from(await child.stdout.bytes());
        expect(bytes.equals(suite.log(step, stream))).toBe(true);
      }
    }
  });

  test("shows the last lines with --tail, those that match with --grep, and the last that match with both", async () => {
    expect((await log("1", "--tail", "2")).stdout).toBe("five\nno end");
    expect((await log("1", "--tail", "0")).stdout).toBe("");
    expect((await log("1", "--tail", "99")).stdout).toBe((await log("1")).stdout);
    expect((await log("1", "--stdout", "--tail", "2")).stdout).toBe("half and half\nno end");
    expect((await log("1", "--grep", "^f|end$")).stdout).toBe("four\nfive\nno end");
    expect((await log("1", "--grep", "^f|end$", "--tail", "1")).stdout).toBe("no end");
    expect(await log("1", "--grep", "nothing like it")).toMatchObject({ stdout: "", stderr: "", code: 0 });
  });

  test("lists the longest silences with --gaps, and the line before each, in every format", async () => {
    const rows = await suite.rows("log", ["1", "--gaps", "--top", "2"]);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toEqual({
      start_ms: expect.any(Number),
      silence_ms: expect.any(Number),
      stream: "stderr",
      line: "five",
    });
    expect(rows[0]!.silence_ms).toBeGreaterThan(350);
    const { stdout } = await log("1", "--gaps", "--stdout", "--top", "1", "--output", "csv", "--fields", "stream,line");
    expect(stdout).toBe("stream,line\nstdout,half\n");
  });

  test("takes a step by number, name, or the beginning of one name", async () => {
    for (const step of ["1", "01", "mixed", "mix"]) expect((await log(step, "--tail", "1")).stdout).toBe("no end");
    expect(await log("mi")).toMatchObject({
      stdout: "",
      stderr: 'Error: more than one step is, or begins with, "mi"\n  give the number: 1 mixed, 2 migrate\n',
      code: 1,
    });
    const missing = await log("7");
    expect(missing).toMatchObject({ stdout: "", code: 1 });
    expect(missing.stderr).toContain('Error: no step "7" in run ');
    expect(missing.stderr).toContain("it has: 1 mixed, 2 migrate, 3 odd, 4 again\n");
  });

  test("shows the last attempt, or the one asked for", async () => {
    expect((await log("again")).stdout).toBe("second\n");
    expect((await log("again", "--attempt", "1")).stdout).toBe("first\n");
    expect(await log("again", "--attempt", "3")).toMatchObject({
      stderr: "Error: step 4 again has no attempt 3\n  it has 2\n",
      code: 1,
    });
  });

  test("refuses what makes no sense, in one line", async () => {
    for (const [flags, message] of [
      [["1", "--grep", "("], '--grep "(" is no regular expression: missing )'],
      [["1", "--stdout", "--stderr"], "--stdout, --stderr and --merged exclude each other"],
      [["1", "--output", "json"], "--output is only for --gaps"],
      [["1", "--gaps", "--tail", "3"], "--tail and --gaps exclude each other"],
      [["1", "--tail", "x"], '--tail "x" is not a whole number'],
      [["1", "2"], 'log takes no argument "2"'],
      [[], "log needs a step: its number or name"],
    ] as const) {
      const { stdout, stderr, code } = await log(...flags);
      expect({ flags, stdout, code }).toEqual({ flags, stdout: "", code: 2 });
      expect(stderr.split("\n")[0]).toBe(`Error: ${message}`);
    }
  });

  test("lets nothing through to a terminal that this would obey, and colours neither", async () => {
    const terminal = inTerminal([...program, "log", "3", "--db", suite.db]);
    await terminal.ended;
    expect(await terminal.shows("c\ufffd\n")).toBe("ared\tb\\x1b]0;x\\x07\nc\ufffd\n");
  });
});

describe("log, where it is not known what came when,", () => {
  test("shows stdout, then stderr, and says so: while the step runs", async () => {
    const own = await startSuite();
    const started = start([...program, ...execArgs(own, [], ["bash", "-c", "echo err >&2; echo out; exec sleep 60"])]);
    await logWith(own, "out");
    await logWith(own, "err", 1, "stderr");
    expect(await own.verb("log", ["1"])).toMatchObject({
      stdout: "out\nerr\n",
      stderr:
        "[scenariolog] note: which line came when is not known (the step has no end): stdout comes first, then stderr\n",
      code: 0,
    });
    started.signal("SIGTERM");
    await started.ended;
  });

  test("also when its recorder was killed, and the run was closed without it", async () => {
    const own = await startSuite();
    const started = start([...program, ...execArgs(own, [], ["bash", "-c", "echo err >&2; echo out; exec sleep 60"])]);
    await logWith(own, "out");
    await logWith(own, "err", 1, "stderr");
    started.signal("SIGKILL");
    await started.ended;
    await own.verb("run end", ["--run-id", own.runId]);
    const { stdout, stderr } = await own.verb("log", ["1"]);
    expect(stdout).toBe("out\nerr\n");
    expect(stderr).toContain("which line came when is not known (no marks of these bytes are recorded)");
    expect((await own.verb("log", ["1", "--timestamps"])).stdout).toBe("+? out out\n+? err err\n");
  });

  test("also when a file is not what it was", async () => {
    const own = await startSuite();
    await own.exec(["--step-num", "1"], ["bash", "-c", "echo out; sleep 0.1; echo err >&2"]);
    fs.appendFileSync(path.join(own.dir, "logs/step-01-stdout.txt"), "more\n");
    const { stdout, stderr } = await own.verb("log", ["1"]);
    expect(stdout).toBe("out\nmore\nerr\n");
    expect(stderr).toContain("is not known");
  });
});

test("log shows a step of a database that has only the tables of the Go build's", async () => {
  const own = await startSuite();
  await own.exec(["--step-num", "1"], ["bash", "-c", "echo err >&2; sleep 0.1; echo out"]);
  const handle = new Database(own.db);
  for (const table of ["output_marks", "log_files", "attempts"]) handle.run(`DROP TABLE ${table}`);
  handle.close();
  for (const flags of [[], ["--attempt", "1"]]) {
    expect(await own.verb("log", ["1", ...flags])).toMatchObject({ stdout: "out\nerr\n", code: 0 });
  }
  expect(await own.verb("log", ["1", "--attempt", "2"])).toMatchObject({ stdout: "", code: 1 });
  expect(await own.rows("log", ["1", "--gaps"])).toEqual([]);
});

test("a step that was changed while it ran has no marks, one that printed nothing has no row of them", async () => {
  const own = await startSuite();
  await own.exec(["--step-num", "1"], ["true"]);
  await own.exec(
    ["--step-num", "2"],
    ["bash", "-c", `echo out; sleep 0.1; echo mine >>${own.dir}/logs/step-02-stdout.txt`],
  );
  expect(own.sql("SELECT * FROM output_marks")).toEqual([]);
});

test("log reads no file that the database names outside the run, unless it is told to", async () => {
  const own = await startSuite();
  await own.exec(["--step-num", "1"], ["echo", "out"]);
  const outside = path.join(suite.dir, "secret.txt");
  fs.writeFileSync(outside, "secret\n");
  const handle = new Database(own.db);
  handle.run("UPDATE artifacts SET path = ? WHERE kind = 'stdout'", [outside]);
  handle.close();
  const refused = await own.verb("log", ["1", "--stdout"]);
  expect(refused).toMatchObject({ stdout: "", code: 1 });
  expect(refused.stderr).toContain("lies outside the run's root and log directories (--allow-outside)");
  expect(await own.verb("log", ["1", "--stdout", "--allow-outside"])).toMatchObject({ stdout: "secret\n", code: 0 });
});

test("a log of 300 MB is shown from its end in little memory", async () => {
  const own = await startSuite();
  await own.exec(
    ["--index", "none", "--step-num", "1"],
    ["bash", "-c", "yes $(printf %0200d 1) | head -c 300M; sleep 0.5; echo end >&2"],
  );
  const { stdout } = await own.verb("log", ["1", "--tail", "2"]);
  expect(stdout.endsWith("end\n")).toBe(true);
  const child = Bun.spawn([...program, "log", "1", "--db", own.db], { stdout: "pipe", stderr: "ignore" });
  let bytes = 0;
  let peakKilobytes = 0;
  for await (const chunk of child.stdout) {
    bytes += chunk.length;
    // Not from getrusage(2): that has the size of the process that started it as well, which is ours.
    const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
    peakKilobytes = Math.max(peakKilobytes, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
  }
  await until("its end", () => child.exitCode !== null);
  expect(bytes).toBe(300 * (1 << 20) + 4 + 1);
  expect(peakKilobytes).toBeGreaterThan(10_000);
  expect(peakKilobytes).toBeLessThan(200_000);
});

test("the tape of a line of many megabytes is whole, and its line is not torn by the other stream", async () => {
  const own = await startSuite();
  const long = "head -c 3000000 /dev/zero | tr '\\0' a; sleep 0.1; echo between >&2; sleep 0.1; echo b; echo end";
  await own.exec(["--step-num", "1"], ["bash", "-c", long]);
  const { stdout } = await own.verb("log", ["1"]);
  expect(stdout.length).toBe(3_000_000 + 2 + 8 + 4);
  expect(stdout.slice(2_999_999)).toBe("ab\nbetween\nend\n");
});
