import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { GoBuild } from "../support/go-build.ts";
import { canMount, readOnlyView } from "../support/mounts.ts";
import { run, scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** A script that fails where it is told to. */
const SCRIPT = `#!/bin/bash
echo "started with pid $$ at $(date +%T.%N)"
check() {
  echo "error: total is 42, expected 45" >&2
  nosuchcmd
}
[ -f good ] || { check; exit 3; }
echo fine
`;

interface Recorded {
  readonly suite: Suite;
  /** The run before, in which all passed. */
  readonly green: string;
}

/** Two runs of one suite: the first passed, in the second two of four steps failed. */
async function recorded(script = SCRIPT): Promise<Recorded> {
  const dir = tempDir();
  fs.mkdirSync(path.join(dir, "scripts"));
  fs.writeFileSync(path.join(dir, "scripts/check.sh"), script);
  fs.writeFileSync(path.join(dir, "good"), "");
  const suite = await startSuite(dir);
  const record = async (runId: string, logs: string, codes: [number, number]) => {
    const flags = (num: number, name: string) => [
      ...["--run-id", runId, "--log-dir", logs, "--step-num", String(num), "--name", name],
    ];
    await suite.exec(flags(1, "first"), ["true"]);
    await suite.exec(flags(2, "check it"), ["bash", "scripts/check.sh"], { cwd: dir });
    await suite.exec(flags(3, "third"), ["bash", "-c", `exit ${codes[0]}`]);
    await suite.exec(flags(4, "fourth"), ["bash", "-c", `exit ${codes[1]}`]);
    await suite.verb("run end", ["--run-id", runId, "--exit-code", String(codes[1])]);
  };
  await record(suite.runId, "logs/1", [0, 0]);
  fs.rmSync(path.join(dir, "good"));
  const next = await suite.verb("run start", ["--root-dir", dir, "--suite", "test"]);
  await record(next.stdout.trim(), "logs/2", [0, 9]);
  return { suite: { ...suite, runId: next.stdout.trim() }, green: suite.runId };
}

// biome-ignore lint/suspicious/noExplicitAny: the document's own shape is what is tested
const asJson = async (suite: Suite, ...flags: string[]): Promise<any> => {
  const { stdout, stderr, code } = await suite.verb("why", [...flags, "--output", "json"]);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout);
};

let suite: Suite;
let green: string;
beforeAll(async () => {
  ({ suite, green } = await recorded());
});

describe("why, about a run that failed,", () => {
  test("shows on one screen what failed, where, what it printed, what is new and how to run it again", async () => {
    const { stdout, stderr, code } = await suite.verb("why");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const shown = stdout.replace(/after \d+\.\ds/, "after 0.0s").replace(/(pid) \d+ at \S+/g, "$1 N at T");
    expect(shown).toBe(`run ${suite.runId.slice(-8)} of test: 2 of 4 steps failed

Step 02 check it: exit 3, after 0.0s

Where it failed
  scripts/check.sh:5
    4    echo "error: total is 42, expected 45" >&2
  > 5    nosuchcmd
    6  }

First error
  stderr:1: error: total is 42, expected 45

stderr: logs/2/step-02-stderr.txt
  error: total is 42, expected 45
  scripts/check.sh: line 5: nosuchcmd: command not found

stdout: logs/2/step-02-stdout.txt
  started with pid N at T

New since run ${green.slice(-8)}, in which it passed
  error: total is 42, expected 45
  scripts/check.sh: line 5: nosuchcmd: command not found

Also failed
  04 fourth: exit 9

To run it again
  cd ${suite.dir} && bash scripts/check.sh
`);
    expect(shown.split("\n").length).toBeLessThan(50);
  });

  test("says all of it in JSON, too, by names that do not change", async () => {
    const found = await asJson(suite);
    expect(Object.keys(found)).toEqual([
      ...["format", "run", "summary", "step", "failed_at", "first_error", "last_line", "stderr", "stdout", "since"],
      ...["reproduce", "advice", "also_failed", "skipped", "not_run", "notes", "artifacts", "cut"],
    ]);
    expect(found).toMatchObject({
      run: { run_id: suite.runId, short_id: suite.runId.slice(-8), suite: "test", status: "failed", exit_code: 9 },
      step: { step_num: 2, step_name: "check it", status: "failed", exit_code: 3, attempts: 1 },
      failed_at: { file: "scripts/check.sh", line: 5, function: null, command: null, from: "output" },
      first_error: { stream: "stderr", line: 1, text: "error: total is 42, expected 45" },
      stderr: { path: "logs/2/step-02-stderr.txt", more: false, problem: null },
      since: { run_id: green, exit_code: 0, new_line_count: 2 },
      also_failed: [{ step_num: 4, step_name: "fourth", status: "failed", exit_code: 9 }],
      last_line: null,
      skipped: [],
      not_run: [],
      notes: [],
      artifacts: [],
      cut: false,
    });
  });

  test("says it in Markdown for a pull request", async () => {
    const { stdout } = await suite.verb("why", ["--output", "markdown"]);
    expect(stdout).toStartWith("### Step `02 check it`: exit 3\n\n");
    expect(stdout).toContain("**Where it failed:** `scripts/check.sh:5`\n\n```\n");
    expect(stdout).toContain("**To run it again**\n\n```sh\ncd ");
    expect(stdout.match(/^```/gm)!.length % 2).toBe(0);
  });

  test("takes the run as an argument, also one that passed: that is one line", async () => {
    for (const words of [[green], ["--run-id", green], [green.slice(-8)]]) {
      expect(await suite.verb("why", words)).toEqual({
        stdout: `run ${green.slice(-8)} of test passed: all 4 steps\n`,
        stderr: "",
        code: 0,
        signal: null,
      });
    }
    expect(await asJson(suite, green)).toMatchObject({ run: { status: "passed" }, step: null, stderr: null });
    expect((await suite.verb("why", [green, "--output", "markdown"])).stdout).toBe(
      `run ${green.slice(-8)} of test passed: all 4 steps\n`,
    );
  });

  test("takes what the trace of the step knows before what the output says", async () => {
    const traced = (await recorded()).suite;
    const db = new Database(traced.db);
    const stepId = `${traced.runId}-step-02`;
    const at = "2024-01-01T00:00:00.000000000Z";
    const insert = db.query("INSERT INTO commands VALUES (?, ?, ?, 'x', '[]', ?, ?, ?, ?, 1)");
    const source = db.query("INSERT INTO command_sources VALUES (?, ?, 'scripts/check.sh', ?, ?, ?)");
    for (const [num, code, line, fn, text] of [
      [1, 0, 2, null, "echo"],
      [2, 1, 7, "check", "[ -f good ]"],
      [3, 0, 8, null, "echo fine"],
    ] as const) {
      insert.run(`${stepId}-c${num}`, stepId, num, traced.dir, at, at, code);
      source.run(`${stepId}-c${num}`, 1, line, fn, text);
    }
    db.close();
    expect((await asJson(traced)).failed_at).toEqual({
      file: "scripts/check.sh",
      line: 7,
      function: "check",
      command: "[ -f good ]",
      from: "trace",
      guard: null,
      callers: [],
      source: [
        { num: 6, text: "}" },
        { num: 7, text: "[ -f good ] || { check; exit 3; }" },
        { num: 8, text: "echo fine" },
      ],
      changed_since: false,
    });
    expect((await traced.verb("why")).stdout).toContain("scripts/check.sh:7, in check()\n");
    fs.appendFileSync(path.join(traced.dir, "scripts/check.sh"), "# later\n");
    fs.utimesSync(path.join(traced.dir, "scripts/check.sh"), new Date(), new Date(Date.now() + 5000));
    expect((await asJson(traced)).failed_at.changed_since).toBe(true);
    fs.rmSync(path.join(traced.dir, "scripts/check.sh"));
    expect((await traced.verb("why")).stdout).toContain(
      "Where it failed\n  scripts/check.sh:7, in check()\n  [ -f good ]\n",
    );
  });

  test("names the line of a step that was recorded with its trace", async () => {
    const traced = await startSuite();
    const script = path.join(traced.dir, "deploy.sh");
    fs.writeFileSync(script, "set -e\nprepare() {\n  test -f nosuchfile\n}\nif false; then :; fi\nprepare\n");
    await traced.exec(["--step-num", "1", "--trace", "always"], ["bash", script]);
    expect((await asJson(traced)).failed_at).toMatchObject({
      file: "deploy.sh",
      line: 3,
      function: "prepare",
      command: "test -f nosuchfile",
      from: "trace",
      changed_since: false,
    });
  });

  test("compares with the run in which the step last passed, not with one in which it failed as well", async () => {
    const { suite: again, green: passed } = await recorded();
    const { stdout } = await again.verb("run start", ["--root-dir", again.dir, "--suite", "test"]);
    const flags = ["--run-id", stdout.trim(), "--log-dir", "logs/3", "--step-num", "2", "--name", "check it"];
    await again.exec(flags, ["bash", "scripts/check.sh"], { cwd: again.dir });
    expect(await asJson(again)).toMatchObject({
      run: { run_id: stdout.trim() },
      since: { run_id: passed, new_line_count: 2 },
    });
  });

  test("shows what the last try printed, also when its recorder was killed", async () => {
    const one = await startSuite();
    await one.exec(["--step-num", "1"], ["bash", "-c", "echo first try >&2; exit 1"]);
    const log = path.join(one.dir, "logs/step-01-stderr.txt");
    fs.renameSync(log, path.join(one.dir, "logs/step-01-stderr.1.txt"));
    fs.writeFileSync(log, "second try\n");
    const db = new Database(one.db);
    const id = `${one.runId}-step-01`;
    db.query("UPDATE steps SET completed_at = NULL, exit_code = NULL, duration_ms = NULL WHERE step_id = ?").run(id);
    db.query("INSERT INTO attempts(step_id, attempt, started_at) VALUES (?, 2, 'x')").run(id);
    db.query("UPDATE log_files SET file = replace(file, '.txt', '.1.txt') WHERE step_id = ?").run(id);
    db.query("UPDATE artifacts SET path = replace(path, '.txt', '.1.txt') WHERE step_id = ?").run(id);
    db.query("INSERT INTO log_files(file, step_id, attempt, kind) VALUES (?, ?, 2, 'stderr')").run(log, id);
    db.close();
    const { stdout } = await one.verb("why");
    expect(stdout).toContain("Step 01 step: interrupted, attempt 2\n  it has no end: its recorder was killed");
    expect(stdout).toContain("\n  second try\n");
    expect(stdout).not.toContain("\n  first try\n");
  });

  test("shows notes, kept files, and the tries of a step", async () => {
    const busy = await startSuite();
    await busy.exec(
      ["--step-num", "1", "--retries", "2"],
      ["bash", "-c", 'echo "try $SCENARIOLOG_ATTEMPT" >&2; exit 1'],
    );
    const db = new Database(busy.db);
    const id = `${busy.runId}-step-01`;
    db.query("INSERT INTO notes(run_id, step_id, created_at, text) VALUES (?, ?, 'x', ?)").run(
      busy.runId,
      id,
      "look\x1bhere",
    );
    db.query("INSERT INTO artifacts(run_id, step_id, kind, path) VALUES (?, ?, 'report', 'out/report.html')").run(
      busy.runId,
      id,
    );
    db.query("INSERT INTO artifacts(run_id, kind, path) VALUES (?, 'junit', 'junit.xml')").run(busy.runId);
    db.close();
    const { stdout } = await busy.verb("why");
    expect(stdout).toContain(", attempt 3\n");
    expect(stdout).toContain("\n  try 3\n");
    expect(stdout).not.toContain("try 2");
    expect(stdout).toContain("Notes\n  step 1: look\\x1bhere\n");
    expect(stdout).toContain("Kept files\n  report: out/report.html\n  junit: junit.xml\n");
    expect((await busy.verb("why", ["--output", "markdown"])).stdout).toContain("- report: `out/report.html`\n");
  });
});

describe("the command that reproduces the step", () => {
  test.each([
    [["printf", "%s", "it's $HOME; `x`", "", "a b"]],
    [["bash", "-c", "echo two\necho 'lines'; exit 4"]],
    [["sh", "-c", 'echo "$1"; exit 1', "-", "ü \\ \" '"]],
  ])("does in a shell what the step did: %j", async (command) => {
    const one = await startSuite();
    await one.exec(["--step-num", "1"], ["sh", "-c", '"$@"; exit 1', "-", ...command]);
    const { reproduce } = await asJson(one);
    const again = await run(["sh", "-c", reproduce]);
    expect(again.stdout).toBe(one.log(1, "stdout").toString());
    expect(again.code).toBe(1);
  });

  test("goes to the directory that the step ran in", async () => {
    const one = await startSuite();
    const sub = path.join(one.dir, "sub dir");
    fs.mkdirSync(sub);
    await one.exec(["--step-num", "1", "--work-dir", sub], ["sh", "-c", "pwd; exit 1"]);
    expect((await asJson(one)).reproduce).toBe(`cd '${sub}' && sh -c 'pwd; exit 1'`);
    await one.exec(["--step-num", "0"], ["sh", "-c", "pwd; exit 1"], { cwd: sub });
    expect((await asJson(one)).reproduce).toBe(`cd '${sub}' && sh -c 'pwd; exit 1'`);
    await one.exec(["--step-num", "0"], ["sh", "-c", "pwd; exit 1"], { cwd: one.dir });
    expect((await asJson(one)).reproduce).toBe(`cd ${one.dir} && sh -c 'pwd; exit 1'`);
  });
});

describe("where there is little to go by, why says so in a sentence:", () => {
  const said = async (suite: Suite, ...flags: string[]) => {
    const { stdout, stderr, code } = await suite.verb("why", flags);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    return stdout;
  };

  test("a run without steps, and a run that was never ended", async () => {
    const one = await startSuite();
    const name = `run ${one.runId.slice(-8)} of test`;
    expect(await said(one)).toBe(`${name} has no steps, and was never ended\n`);
    await one.exec(["--step-num", "1"], ["true"]);
    expect(await said(one)).toBe(`${name}: its only step passed, but it was never ended (scenariolog run end)\n`);
    await one.verb("run end", ["--run-id", "latest", "--exit-code", "7"]);
    expect(await said(one)).toBe(
      `${name} ended with exit code 7, but its only step passed: it was the harness itself that failed\n`,
    );
  });

  test("a run that is still running, before and after its first failure", async () => {
    const one = await startSuite();
    const going = one.exec(["--step-num", "2"], ["sleep", "20"]);
    while (one.sql("SELECT 1 FROM attempts").length === 0) await Bun.sleep(10);
    expect(await said(one)).toBe(
      `run ${one.runId.slice(-8)} of test is still running: no step has failed so far, 0 of 1 have ended\n`,
    );
    await one.exec(["--step-num", "1"], ["false"]);
    expect(await said(one)).toStartWith(
      `run ${one.runId.slice(-8)} of test: 1 of 2 steps failed so far, and it is still running\n\nStep 01 step: exit 1`,
    );
    process.kill(
      Number(one.sql("SELECT recorder_pid AS pid FROM attempts WHERE step_id LIKE '%02'")[0]!.pid),
      "SIGTERM",
    );
    await going;
  });

  test("logs that are gone", async () => {
    const { suite: one } = await recorded();
    fs.rmSync(path.join(one.dir, "logs"), { recursive: true });
    const text = await said(one);
    expect(text).toContain("stderr: logs/2/step-02-stderr.txt\n  (the log is not there)\n");
    expect(text).toContain("in which it passed\n  (the logs of that run cannot be read)\n");
    expect(await asJson(one)).toMatchObject({ first_error: null, since: { new_lines: null } });
  });

  test("files outside the run's root are named and not read, unless that is allowed", async () => {
    const { suite: one } = await recorded();
    const secret = path.join(tempDir(), "secret.txt");
    fs.writeFileSync(secret, "error: a secret\n");
    const db = new Database(one.db);
    db.query("UPDATE artifacts SET path = ? WHERE step_id = ? AND kind = 'stderr'").run(secret, `${one.runId}-step-02`);
    db.close();
    const text = await said(one);
    expect(text).not.toContain("a secret");
    expect(text).toContain("(the log lies outside the run's root and log directories (--allow-outside))");
    expect(await said(one, "--allow-outside")).toContain("error: a secret");
  });

  test("a run of the Go build's, whose database stays as it is", async () => {
    const dir = tempDir();
    const db = path.join(dir, "go.db");
    const go = new GoBuild(db);
    go.run("go", dir, "2024-03-01T10:00:00.5Z", { at: "2024-03-01T10:00:01Z", code: 1, ms: 500 });
    go.exec("go", dir, 1, { stdout: "out\n", stderr: "fatal: gone\n" }, 127);
    go.tag({ runId: "go", stepId: "go-step-01" }, "cmd.argv0", "make");
    go.step("go", 2, "2024-03-01T10:00:00.7Z");
    go.close();
    const before = contentsOf(dir);
    const { stdout, code } = await scenariolog(["why", "--db", db]);
    expect(code).toBe(0);
    expect(stdout).toContain("run go: 1 of 2 steps failed, 1 interrupted\n");
    expect(stdout).toContain("stderr:1: fatal: gone\n");
    expect(stdout).toContain("Also failed\n  02 step 2: interrupted\n");
    expect(stdout).toContain("To run it again\n  make\n");
    expect(contentsOf(dir)).toEqual(before);
  });

  test("no run at all, and no such run, are errors", async () => {
    const db = path.join(tempDir(), "new.db");
    await scenariolog(["init", "--db", db]);
    expect(await scenariolog(["why", "--db", db])).toMatchObject({ stdout: "", code: 1 });
    expect(await suite.verb("why", ["nobody"])).toMatchObject({ stdout: "", code: 1 });
    for (const flags of [
      ["--output", "yaml"],
      ["--max-bytes", "12"],
      ["--max-bytes", "much"],
      ["a", "b", "c"],
      ["--run-id", "a", "--step", "b", "c"],
    ]) {
      expect(await suite.verb("why", flags)).toMatchObject({ stdout: "", code: 2 });
    }
  });

  test.skipIf(!canMount)("a directory in which nothing can be written (needs a mount, and so root)", async () => {
    const view = readOnlyView(suite.dir)!;
    expect((await scenariolog(["why", "--db", path.join(view, "runs.db")])).stdout).toContain("First error");
  });
});

describe("whatever a step printed,", () => {
  const nasty =
    String.raw`printf 'a\033]0;title\007b\033[31mred\033[0m\tc\r\n10%%\r20%%\r99%%\n\xff\xfe\n\u202eevil\n'; printf '%s\n' 'TICKS' '</pre>' >&2; exit 1`.replace(
      "TICKS",
      "```",
    );

  test("nothing that a terminal would obey is printed, and no block of Markdown is broken", async () => {
    const one = await startSuite();
    await one.exec(["--step-num", "1"], ["bash", "-c", nasty]);
    for (const output of ["text", "markdown", "json"]) {
      const { stdout } = await one.verb("why", ["--output", output]);
      expect(stdout).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/);
      expect(stdout).toContain("99%");
      expect(stdout).toMatch(/abred(?: {4}|\t|\\t)c/);
      expect(stdout).not.toMatch(/(^ *|")10%/m);
    }
    const { stdout } = await one.verb("why", ["--output", "markdown"]);
    expect(stdout).toContain("````\n```\n</pre>\n````");
  });

  test("secrets do not leave the machine with it, unless that is wanted", async () => {
    const one = await startSuite();
    const script = "echo 'Authorization: Bearer abcdefghijklmnop1234567890' >&2; echo order-4711; exit 1";
    fs.writeFileSync(path.join(one.dir, "x.sh"), script);
    await one.exec(["--step-num", "1"], ["bash", path.join(one.dir, "x.sh")]);
    expect((await one.verb("why")).stdout).not.toContain("abcdefghij");
    expect((await one.verb("why")).stdout).toContain("order-4711");
    expect((await one.verb("why", ["--redact", "order-\\d+"])).stdout).not.toContain("order-4711");
    expect((await one.verb("why", ["--redact", "none"])).stdout).toContain("abcdefghij");
  });

  test("of a large log only the end is read, and lines beyond measure are cut", async () => {
    const one = await startSuite();
    await one.exec(["--step-num", "1"], ["bash", "-c", "seq 200000; head -c 5000 /dev/zero | tr '\\0' x; exit 1"]);
    const found = await asJson(one);
    expect(found.stdout.lines).toHaveLength(15);
    expect(found.stdout.lines[13]).toBe("200000");
    expect(found.stdout.lines[14]).toHaveLength(301);
    expect(found.stdout.more).toBe(true);
  });

  test.each(["text", "markdown", "json"])("--max-bytes holds for %s, which stays whole", async (output) => {
    const one = await startSuite();
    const script = `for i in $(seq 40); do echo "out $i ${"x".repeat(100)}"; echo "error $i ${"ü".repeat(100)}" >&2; done; exit 1`;
    await one.exec(["--step-num", "1", "--name", "n".repeat(400)], ["bash", "-c", script]);
    const full = (await one.verb("why", ["--output", output])).stdout;
    expect(Buffer.byteLength(full)).toBeGreaterThan(4000);
    for (const max of [1000, 1500, 2500, 4000]) {
      const { stdout } = await one.verb("why", ["--output", output, "--max-bytes", String(max)]);
      expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(max);
      expect(stdout).toEndWith("\n");
      if (output === "json")
        expect(JSON.parse(stdout)).toMatchObject({ cut: true, step: { step_num: 1, exit_code: 1 } });
      else expect(stdout).toContain("(shortened to --max-bytes)");
      if (output === "markdown") expect(stdout.match(/^```/gm)?.length ?? 0).toSatisfy((n) => n % 2 === 0);
    }
    expect((await one.verb("why", ["--output", output, "--max-bytes", "1M"])).stdout).toBe(full);
  });
});
