import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { bash, scenariolog } from "../support/program.ts";
import { scripts } from "../support/recorded.ts";

const SUMMARY = /^(\d+ steps?: .*) in \S+ {2}run (\S+)\n? {2}db (\S+)$/m;

describe.concurrent("record with a directory", () => {
  test("runs its numbered scripts in numeric order, in one run, and passes", async () => {
    const suite = scripts({ "10-last.sh": "echo ten", "02-second.sh": "echo two; echo err >&2", "1-first.sh": ":" });
    const { code, stdout, stderr } = await suite.record();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(suite.steps()).toEqual([
      [1, "first", 0],
      [2, "second", 0],
      [10, "last", 0],
    ]);
    expect(suite.log(2, "stdout") + suite.log(2, "stderr") + suite.log(10, "stdout")).toBe("two\nerr\nten\n");
    expect(stderr.match(/^PASS \[ *[\d.]+s\] \d\d \w+$/gm)).toHaveLength(3);
    const [, what, runId, db] = SUMMARY.exec(stderr)!;
    expect({ what, runId, db }).toEqual({
      what: "3 steps: 3 passed",
      runId: String(suite.run().run_id).slice(-8),
      db: ".scenario-run.db",
    });
    expect(suite.run()).toMatchObject({ root_dir: suite.dir, suite: path.basename(suite.dir), exit_code: 0 });
    expect(suite.run().completed_at).not.toBeNull();
    expect((await scenariolog(["verify", "--db", ".scenario-run.db"], { cwd: suite.dir })).code).toBe(0);
  });

  test("stops behind the first step that fails, with its code and the end of what it said", async () => {
    const suite = scripts({
      "01-a.sh": ":",
      "02-b.sh": "echo so far; echo the reason >&2; exit 3",
      "03-c.sh": "exit 4",
    });
    const { code, stderr } = await suite.record();
    expect(code).toBe(3);
    expect(suite.steps()).toEqual([
      [1, "a", 0],
      [2, "b", 3],
    ]);
    expect(suite.run().exit_code).toBe(3);
    expect(stderr).toMatch(/^FAIL \[ *[\d.]+s\] 02 b \(exit 3\)/m);
    expect(stderr).toMatch(/^ {2}FAIL 02 b \(exit 3\)/m);
    expect(stderr.indexOf("the reason")).toBeLessThan(stderr.indexOf("so far"));
    expect(SUMMARY.exec(stderr)?.[1]).toBe("3 steps: 1 passed, 1 failed, 1 not run");
    const [, command] = /^look further: (.*)$/m.exec(stderr)!;
    const why = await bash(command!, { cwd: suite.dir });
    expect(why).toMatchObject({ code: 0, stderr: "" });
    expect(why.stdout).toContain("the reason");
  });

  test("runs all of them with --keep-going, and ends with the first failing step's code", async () => {
    const suite = scripts({ "01-a.sh": "exit 5", "02-b.sh": ":", "03-c.sh": "exit 4" });
    expect((await suite.record(["--keep-going", "steps"])).code).toBe(5);
    expect(suite.steps().map(([, , code]) => code)).toEqual([5, 0, 4]);
  });

  test("gives every step what stands behind --, the caller's directory and environment, and /dev/null to read", async () => {
    const suite = scripts({ "01-a.sh": 'printf "<%s>" "$0" "$@"; pwd; echo "$MINE $SCENARIOLOG_STEP_ID"; cat' });
    const { code } = await suite.record(["steps", "--", "one two", "--help"], { env: { MINE: "x" } });
    expect(code).toBe(0);
    const id = `${suite.run().run_id}-step-01`;
    expect(suite.log(1, "stdout")).toBe(`<steps/01-a.sh><one two><--help>${suite.dir}\nx ${id}\n`);
  });
});

test.if(process.platform === "linux")("record holds no more open after many steps than after the first", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `${i + 1}-s.sh`);
  const suite = scripts(Object.fromEntries(names.map((name) => [name, "ls /proc/$PPID/fd | wc -l"])));
  expect((await suite.record()).code).toBe(0);
  const open = names.map((_, i) => Number(suite.log(i + 1, "stdout")));
  expect(open[0]).toBeGreaterThan(3);
  // Give or take what the recorder itself has open for a moment.
  expect(open.at(-1)! - open[0]!).toBeLessThan(5);
});

describe.concurrent("the line of a step that failed", () => {
  test("names the step's own line that called the helper that failed", async () => {
    const suite = scripts({
      "./lib.sh": 'assert_eq() { [ "$1" = "$2" ] || { echo "got $1" >&2; return 1; }; }',
      "04-totals.sh": "set -e\n. ./lib.sh\nn=45\n:\nassert_eq $n 42",
    });
    const { stderr } = await suite.record();
    expect(stderr).toMatch(/^FAIL \[ *[\d.]+s\] 04 totals \(exit 1\) {2}steps\/04-totals\.sh:6 {2}assert_eq 45 42$/m);
  });

  const failing =
    'echo "Traceback (most recent call last):" >&2; echo "  File \\"checks/totals.py\\", line 6, in <module>" >&2; echo "AssertionError: 45 != 42" >&2; exit 1';

  test("names the place that its output names, and so does the end", async () => {
    const suite = scripts({ "04-totals.sh": failing });
    const { stderr } = await suite.record(["--trace", "never", "steps"]);
    expect(stderr).toMatch(
      /^FAIL \[ *[\d.]+s\] 04 totals \(exit 1\) {2}checks\/totals\.py:6 {2}AssertionError: 45 != 42$/m,
    );
    expect(stderr).toContain("\n  FAIL 04 totals (exit 1)  checks/totals.py:6  AssertionError: 45 != 42\n1 step: ");
  });

  test("names each failure once more at the end, at most ten of them", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `${i + 1}-s.sh`);
    const suite = scripts(Object.fromEntries(names.map((name) => [name, "exit 1"])));
    const { stderr } = await suite.record(["--keep-going", "steps"]);
    expect(stderr.match(/^ {2}FAIL \d\d s \(exit 1\)/gm)).toHaveLength(10);
    expect(stderr).toContain("\n  and 2 more\n12 steps: 0 passed, 12 failed in ");
  });
});

describe.concurrent("record with scripts", () => {
  test("numbers them by their names where each has a number of its own, else by their place", async () => {
    const suite = scripts({ "a/07-x.sh": ":", "a/09-y.sh": ":", "b/07-z.sh": ":", setup: ":" });
    await suite.record(["a/09-y.sh", "a/07-x.sh"]);
    expect(suite.steps()).toEqual([
      [7, "x", 0],
      [9, "y", 0],
    ]);
    await suite.record(["steps/setup", "a", "b/07-z.sh"]);
    expect(suite.steps()).toEqual([
      [1, "setup", 0],
      [2, "x", 0],
      [3, "y", 0],
      [4, "z", 0],
    ]);
  });

  test("runs one whose name has no slash from here, and not from PATH", async () => {
    const suite = scripts({ "./true": "exit 8" });
    expect((await suite.record(["true"])).code).toBe(8);
  });

  test("expands a glob that the shell did not", async () => {
    const suite = scripts({ "10-b.sh": ":", "9-a.sh": ":", "other.py": ":" });
    await suite.record(["steps/*.sh"]);
    expect(suite.steps().map(([num]) => num)).toEqual([9, 10]);
    await suite.record([`${suite.dir}/st*/9-*`]);
    expect(suite.steps()).toEqual([[9, "a", 0]]);
  });

  test("keeps a script as found as 126 when its first line is of no use, and stops", async () => {
    const suite = scripts({});
    fs.writeFileSync(`${suite.dir}/steps/01-a`, "echo no interpreter line\n", { mode: 0o755 });
    const { code, stderr } = await suite.record();
    expect(code).toBe(126);
    expect(stderr).toContain("neither a program nor a script with a #! line; run it as: bash steps/01-a\n");
    expect(suite.steps()).toEqual([[1, "a", 126]]);
  });
});

describe.concurrent("a selection of steps", () => {
  const four = () => scripts({ "01-init.sh": ":", "02-load.sh": ":", "03-check.sh": ":", "04-clean.sh": ":" });
  const cases: [words: string[], nums: number[]][] = [
    [
      ["--from", "3"],
      [3, 4],
    ],
    [
      ["--from", "load", "--skip", "check"],
      [2, 4],
    ],
    [
      ["--only", "02", "--only", "c*"],
      [2, 3, 4],
    ],
    [["--only", "03-check.sh"], [3]],
    [["--skip", "steps/0[12]*", "--skip", "4"], [3]],
  ];
  for (const [words, nums] of cases) {
    test(`${words.join(" ")} runs ${nums.join(", ")}, under the same numbers`, async () => {
      const suite = four();
      expect((await suite.record([...words, "steps"])).code).toBe(0);
      expect(suite.steps().map(([num]) => num)).toEqual(nums);
    });
  }

  test("that matches nothing is an error that names what there is, and makes nothing", async () => {
    const suite = four();
    for (const words of [
      ["--only", "5"],
      ["--from", "nope"],
      ["--skip", "x*"],
    ]) {
      const { code, stdout, stderr } = await suite.record([...words, "steps"]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toStartWith(`Error: ${words[0]} ${JSON.stringify(words[1])} matches no step\n`);
      expect(stderr).toContain("the steps are: 1 init, 2 load, 3 check, 4 clean");
    }
    const none = await suite.record(["--only", "1", "--skip", "1", "steps"]);
    expect(none).toMatchObject({ code: 2 });
    expect(none.stderr).toContain("together leave no step");
    expect(fs.readdirSync(suite.dir)).toEqual(["steps"]);
  });

  test("is shown by --dry-run, which writes nothing", async () => {
    const suite = scripts({ "01-a.sh": "# scenariolog: independent", "02-b.sh": "touch ran" });
    const { code, stdout, stderr } = await suite.record(["--dry-run", "steps"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe("01 a  steps/01-a.sh  (independent)\n02 b  steps/02-b.sh\n");
    expect(fs.readdirSync(suite.dir)).toEqual(["steps"]);
  });
});

describe.concurrent("record refuses, in one line and before it makes anything,", () => {
  const cases: [title: string, words: string[], message: string, code?: number][] = [
    ["nothing to run", [], "record needs steps, or a command after --", 2],
    ["a script that is not there", ["nope.sh"], "there is no nope.sh", 2],
    ["a glob that matches nothing", ["steps/*.py"], "nothing matches steps/*.py", 2],
    ["a file that is no script", ["plain.txt"], "plain.txt cannot be run: neither an x bit nor a #! line", 2],
    ["a directory without steps", ["empty"], "empty holds no executable NN-* scripts", 2],
    ["no jobs", ["--jobs", "0", "steps"], "--jobs 0 is less than 1", 2],
    ["a deadline that is none", ["--deadline", "soon", "steps"], '--deadline "soon" is no duration', 2],
    ["a file that is no database", ["--db", "plain.txt", "steps"], "plain.txt is not a", 125],
  ];
  for (const [title, words, message, code] of cases) {
    test(title, async () => {
      const suite = scripts({ "01-a.sh": "touch ran" });
      fs.writeFileSync(`${suite.dir}/plain.txt`, "text\n".repeat(20));
      fs.mkdirSync(`${suite.dir}/empty`);
      const result = await suite.record(words);
      expect(result.stderr).toContain(message);
      expect(result).toMatchObject({ code: code!, stdout: "" });
      expect(fs.readdirSync(suite.dir).sort()).toEqual(["empty", "plain.txt", "steps"]);
    });
  }

  test("a run id that is there already", async () => {
    const suite = scripts({ "01-a.sh": ":" });
    expect((await suite.record(["--run-id", "x", "steps"])).code).toBe(0);
    const again = await suite.record(["--run-id", "x", "steps"]);
    expect(again.code).toBe(125);
    expect(again.stderr).toStartWith("Error: run x exists already\n");
  });
});

describe.concurrent("the flags of exec work for every step:", () => {
  test("--retries, with a flaky step that is counted as such", async () => {
    const suite = scripts({ "01-a.sh": "test $SCENARIOLOG_ATTEMPT -ge 2", "02-b.sh": "exit 6" });
    const { code, stderr } = await suite.record(["--retries", "2", "steps"]);
    expect(code).toBe(6);
    expect(stderr).toMatch(/^FLAKY 2\/3 /m);
    expect(SUMMARY.exec(stderr)?.[1]).toBe("2 steps: 1 passed, 1 failed, 1 flaky");
    expect(suite.sql("SELECT count(*) AS n FROM attempts")).toEqual([{ n: 5 }]);
  });

  test("--timeout is for each step, and 124", async () => {
    const suite = scripts({ "01-a.sh": "sleep 0.2", "02-b.sh": "sleep 0.2", "03-c.sh": "exec sleep 60" });
    const { code, stderr } = await suite.record(["--timeout", "3s", "steps"]);
    expect(code).toBe(124);
    expect(stderr).toMatch(/^TIMEOUT \[ *3\.\d+s\] 03 c {2}steps\/03-c\.sh:2 {2}exec sleep 60$/m);
    expect(suite.steps().map(([, , exit]) => exit)).toEqual([0, 0, 124]);
  });

  test("--trace is auto: a failing bash step's line is known, and a passing one leaves no trace", async () => {
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": "set -e\ncheck() {\n  grep nope /dev/null\n}\ncheck" });
    const failing = async () => {
      const words = [
        "--db",
        ".scenario-run.db",
        "--output",
        "json",
        "--fields",
        "failed_file,failed_line,failed_command",
      ];
      return JSON.parse((await scenariolog(["failures", ...words], { cwd: suite.dir })).stdout);
    };
    await suite.record();
    expect(await failing()).toEqual([
      { failed_file: "steps/02-b.sh", failed_line: 4, failed_command: "grep nope /dev/null" },
    ]);
    expect(suite.sql("SELECT DISTINCT step_id FROM commands")).toEqual([{ step_id: `${suite.run().run_id}-step-02` }]);
    await suite.record(["--trace", "never", "steps"]);
    expect(await failing()).toEqual([{ failed_file: null, failed_line: null, failed_command: null }]);
  });

  test("--kv tags the run, --suite and --root-dir name it, --log-dir says where", async () => {
    const suite = scripts({ "01-a.sh": "echo here" });
    await suite.record(["--kv", "a:b", "--suite", "mine", "--root-dir", "steps", "--log-dir", "logs", "steps"]);
    expect(suite.run()).toMatchObject({ suite: "mine", root_dir: path.join(suite.dir, "steps") });
    expect(suite.sql("SELECT v FROM kv WHERE step_id IS NULL AND k = 'a'")).toEqual([{ v: "b" }]);
    expect(fs.readFileSync(`${suite.dir}/steps/logs/step-01-stdout.txt`, "utf8")).toBe("here\n");
  });

  test("--on-leak warns of what is left behind, and the next step is not held up by it", async () => {
    const suite = scripts({
      "01-a.sh": ":",
      "02-b.sh": "sleep 30 & echo $! >left",
      "03-c.sh": "kill -0 $(cat left) && kill $(cat left) && echo still there",
    });
    const { code, stderr } = await suite.record(["--leak-timeout", "200ms", "steps"]);
    expect(code).toBe(0);
    expect(stderr).toContain("left behind what holds its output open");
    expect(suite.log(3, "stdout")).toBe("still there\n");
  });
});

describe.concurrent("--deadline", () => {
  test("ends the running step as a timeout does, starts no other, and is 124", async () => {
    const suite = scripts({
      "01-a.sh": ":",
      "02-b.sh": "trap 'echo bye; exit 0' TERM; sleep 60 & wait",
      "03-c.sh": ":",
    });
    const { code, stderr } = await suite.record(["--deadline", "3s", "--keep-going", "--retries", "3", "steps"]);
    expect(code).toBe(124);
    expect(suite.steps()).toEqual([
      [1, "a", 0],
      [2, "b", 124],
    ]);
    expect(suite.log(2, "stdout")).toBe("bye\n");
    expect(suite.run().exit_code).toBe(124);
    expect(stderr).toContain("3 steps: 1 passed, 1 failed, 1 not run");
    expect(stderr).toContain("\nthe deadline had come\n");
    expect(stderr).not.toContain("TRY");
    expect(suite.sql("SELECT v FROM kv WHERE k = 'exit.error'")).toEqual([{ v: "the deadline of the run had come" }]);
    expect(suite.sql("SELECT count(*) AS n FROM attempts")).toEqual([{ n: 2 }]);
  });

  test("changes nothing of a run that ends before it", async () => {
    const suite = scripts({ "01-a.sh": ":", "02-b.sh": "exit 3" });
    expect((await suite.record(["--deadline", "1m", "steps"])).code).toBe(3);
  });
});
