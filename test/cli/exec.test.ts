// check: smoke, what a harness relies on

import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { scenariolog } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

test("prints the one line that harnesses read, and nothing on stdout", async () => {
  const suite = await startSuite();
  const { stdout, stderr, code } = await suite.exec(["--step-num", "3"], ["bash", "-c", "echo out; echo err >&2"]);
  expect(stdout).toBe("");
  expect(stderr.replace(/duration_ms=\d+ /, "duration_ms=0 ")).toBe(
    `[scenariolog] step=${suite.runId}-step-03 exit=0 duration_ms=0 stdout=logs/step-03-stdout.txt stderr=logs/step-03-stderr.txt\n`,
  );
  expect(code).toBe(0);
});

test("returns the step's own exit code and names it in a second line", async () => {
  const suite = await startSuite();
  for (const expected of [1, 2, 3, 42, 124, 125, 126, 127, 130, 255]) {
    const { stderr, code } = await suite.exec(["--step-num", String(expected)], ["bash", "-c", `exit ${expected}`]);
    expect(code).toBe(expected);
    expect(stderr.split("\n").slice(1)).toEqual([
      `Error: step ${suite.runId}-step-${expected < 10 ? `0${expected}` : expected} exited with code ${expected}`,
      "",
    ]);
    expect(suite.sql("SELECT exit_code FROM steps WHERE step_num = ?", expected)).toEqual([{ exit_code: expected }]);
  }
});

test("stores 128+n and the signal's name for a step that a signal killed", async () => {
  const suite = await startSuite();
  for (const [signal, number] of [
    ["KILL", 9],
    ["TERM", 15],
    ["SEGV", 11],
  ] as const) {
    const { code } = await suite.exec(
      ["--step-num", String(number)],
      ["bash", "-c", `echo last words; kill -${signal} $$`],
    );
    expect(code).toBe(128 + number);
    const stepId = `${suite.runId}-step-${String(number).padStart(2, "0")}`;
    expect(suite.sql("SELECT exit_code FROM steps WHERE step_id = ?", stepId)).toEqual([{ exit_code: 128 + number }]);
    expect(suite.sql("SELECT v FROM kv WHERE step_id = ? AND k = 'exit.signal'", stepId)).toEqual([
      { v: `SIG${signal}` },
    ]);
    expect(suite.log(number, "stdout").toString()).toBe("last words\n");
  }
});

test("tells a step that exits with 137 from one that SIGKILL killed", async () => {
  const suite = await startSuite();
  expect((await suite.exec([], ["bash", "-c", "exit 137"])).code).toBe(137);
  expect(suite.sql("SELECT 1 FROM kv WHERE k = 'exit.signal'")).toEqual([]);
});

test("stores 127 for a missing command, and 126 for one that cannot run", async () => {
  const suite = await startSuite();
  const file = (name: string, text: string, mode: number) => {
    fs.writeFileSync(path.join(suite.dir, name), text);
    fs.chmodSync(path.join(suite.dir, name), mode);
    return path.join(suite.dir, name);
  };
  const cases: [number, string, RegExp][] = [
    [127, "no-such-command-anywhere", /not found in PATH/],
    [127, path.join(suite.dir, "missing.sh"), /no such file/],
    [127, "", /command is empty/],
    [127, file("bad-interpreter.sh", "#!/no/such/interpreter\n", 0o755), /interpreter does not exist/],
    [126, file("plain.txt", "echo hi\n", 0o644), /permission denied[\s\S]*chmod \+x/],
    [126, file("no-shebang", "echo hi\n", 0o755), /#! line[\s\S]*bash /],
    [126, suite.dir, /is a directory/],
  ];
  for (const [index, [expected, command, reason]] of cases.entries()) {
    const { code, stderr } = await suite.exec(["--step-num", String(index)], [command, "arg"]);
    expect(code).toBe(expected);
    expect(stderr).toContain(`exited with code ${expected}\n`);
    expect(stderr).toMatch(reason);
    expect(
      suite.sql("SELECT exit_code, completed_at IS NOT NULL AS closed FROM steps WHERE step_num = ?", index),
    ).toEqual([{ exit_code: expected, closed: 1 }]);
    expect(suite.log(index, "stdout")).toHaveLength(0);
    expect(suite.log(index, "stderr")).toHaveLength(0);
  }
});

test("passes everything after -- to the step untouched: --help, further --, empty and odd arguments", async () => {
  const suite = await startSuite();
  const odd = ["--help", "--", "-x", "", "a b", "*", "$HOME", "ünï", "new\nline", "--db=other"];
  await suite.exec(["--step-num", "1"], ["printf", "%s\\0", ...odd]);
  expect(suite.log(1, "stdout").toString().split("\0").slice(0, -1)).toEqual(odd);
  expect(suite.sql("SELECT v FROM kv WHERE k = 'cmd.args_json'")).toEqual([{ v: JSON.stringify(["%s\\0", ...odd]) }]);
});

test("keeps the tags of a step in the Go build's order, the user's in place of the automatic ones", async () => {
  const suite = await startSuite();
  await suite.exec(
    ["--name", "build", "--step-num", "2", "--script-path", "02-build.sh", "--kv", "step.name:mine,b:2", "--kv", "a:1"],
    ["sh", "-c", "exit 0"],
  );
  // Behind all of them come those of what the step used: see usage.test.ts.
  const tags = suite.sql("SELECT k, v FROM kv WHERE step_id IS NOT NULL ORDER BY kv_id");
  expect(tags.slice(0, 7)).toEqual([
    { k: "step.name", v: "mine" },
    { k: "step.num", v: "2" },
    { k: "step.script_path", v: "02-build.sh" },
    { k: "cmd.argv0", v: "sh" },
    { k: "cmd.args_json", v: '["-c","exit 0"]' },
    { k: "b", v: "2" },
    { k: "a", v: "1" },
  ]);
});

test("runs the step in --work-dir, and looks for a relative command there", async () => {
  const suite = await startSuite();
  fs.mkdirSync(path.join(suite.dir, "sub"));
  fs.writeFileSync(path.join(suite.dir, "sub/here.sh"), '#!/bin/sh\npwd\necho "$0"\n', { mode: 0o755 });
  await suite.exec(["--step-num", "1", "--work-dir", path.join(suite.dir, "sub")], ["./here.sh"]);
  expect(suite.log(1, "stdout").toString()).toBe(`${suite.dir}/sub\n./here.sh\n`);
});

test("refuses a missing --work-dir before a row is written", async () => {
  const suite = await startSuite();
  const { code, stderr, stdout } = await suite.exec(["--work-dir", path.join(suite.dir, "gone")], ["true"]);
  expect({ code, stdout }).toEqual({ code: 125, stdout: "" });
  expect(stderr).toStartWith(`Error: --work-dir ${suite.dir}/gone is not a directory\n`);
  expect(suite.sql("SELECT count(*) AS n FROM steps")).toEqual([{ n: 0 }]);
});

test("refuses an unknown run with 125 and starts nothing", async () => {
  const suite = await startSuite();
  const marker = path.join(suite.dir, "started");
  const { code, stderr } = await suite.exec(["--run-id", "nonesuch"], ["touch", marker]);
  expect(code).toBe(125);
  expect(stderr).toStartWith("Error: no run nonesuch in ");
  expect(fs.existsSync(marker)).toBe(false);
});

test("stores log paths relative to the root if they lie in it, and absolute otherwise", async () => {
  const suite = await startSuite();
  const outside = `${suite.dir}-outside`;
  await suite.exec(["--step-num", "1", "--log-dir", "a/b c"], ["true"]);
  await suite.exec(["--step-num", "2", "--log-dir", path.join(suite.dir, "abs")], ["true"]);
  await suite.exec(["--step-num", "3", "--log-dir", outside], ["true"]);
  await suite.exec(["--step-num", "4", "--log-dir", "."], ["true"]);
  await suite.exec(["--step-num", "123", "--log-dir", "a/../c"], ["true"]);
  fs.rmSync(outside, { recursive: true });
  expect(
    suite.sql("SELECT path FROM artifacts WHERE kind = 'stdout' ORDER BY artifact_id").map((row) => row.path),
  ).toEqual([
    "a/b c/step-01-stdout.txt",
    "abs/step-02-stdout.txt",
    `${outside}/step-03-stdout.txt`,
    "step-04-stdout.txt",
    "c/step-123-stdout.txt",
  ]);
});

test("writes the row before the step starts, so that the step itself can see it", async () => {
  const suite = await startSuite();
  await suite.exec(
    ["--step-num", "5"],
    ["sqlite3", "-readonly", suite.db, "SELECT step_num, completed_at IS NULL FROM steps"],
  );
  expect(suite.log(5, "stdout").toString()).toBe("5|1\n");
});

test.concurrent("takes its name from the command within record: its script's, without a number, or its program's", async () => {
  const suite = await startSuite();
  fs.writeFileSync(`${suite.dir}/07-totals.t`, "");
  const env = {
    SCENARIOLOG_DB: suite.db,
    SCENARIOLOG_RUN_ID: suite.runId,
    SCENARIOLOG_ROOT_DIR: suite.dir,
    SCENARIOLOG_LOG_DIR: "logs",
  };
  for (const [i, words] of [
    ["bash", "07-totals.t"],
    ["/bin/true", "07-totals.t"],
    ["sh", "-c", ":"],
  ].entries()) {
    const result = await scenariolog(["exec", "--step-num", String(i + 1), "--", ...words], { cwd: suite.dir, env });
    expect(result.code).toBe(0);
  }
  expect((await suite.rows("steps")).map(({ step_name }) => step_name)).toEqual(["totals", "true", "sh"]);
});
