import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { failingScripts } from "../fixtures/failing.ts";
import { startSuite } from "../support/suite.ts";

describe("failures names the line of a bash script that fails in", () => {
  test.each(failingScripts.map((fixture) => [fixture.title, fixture] as const))("%s", async (_, fixture) => {
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "step.sh"), `#!/bin/bash\n${fixture.script}\n`, { mode: 0o755 });
    if (fixture.lib) fs.writeFileSync(path.join(suite.dir, "lib.sh"), `${fixture.lib}\n`);
    const { code } = await suite.exec(["--trace", "auto"], ["./step.sh"], { cwd: suite.dir });
    const [row] = await suite.rows("failures");
    const tag = suite.sql("SELECT v FROM kv WHERE k = 'trace.off'");
    expect({ code, off: tag, file: row?.failed_file, line: row?.failed_line }).toEqual({
      code: fixture.code,
      off: [],
      ...markOf(fixture),
    });
  });
});

function markOf({ script, lib }: { script: string; lib?: string }): { file: string; line: number } {
  for (const [file, text, before] of [
    ["step.sh", script, 1],
    ["lib.sh", lib ?? "", 0],
  ] as const) {
    const lines = text.split("\n");
    const at = lines.findIndex((line) => /#!(?:first)?$/.test(line));
    // Of a command of several lines bash knows the first one.
    if (at >= 0) return { file, line: at + 1 + before - (lines[at]!.endsWith("first") ? 2 : 0) };
  }
  throw new Error(`no mark in ${script}`);
}

test("the failing line has the script's path from the root, also if the script runs from elsewhere", async () => {
  const suite = await startSuite();
  fs.mkdirSync(path.join(suite.dir, "odd 'dir\n: x"));
  fs.writeFileSync(path.join(suite.dir, "odd 'dir\n: x/st ep:1.sh"), "set -u\ncd /\nfalse\n");
  await suite.exec(["--trace", "auto"], ["bash", "odd 'dir\n: x/st ep:1.sh"], { cwd: suite.dir });
  await suite.exec(["--trace", "auto", "--step-num", "1"], ["bash", "-c", "echo one; false"], { cwd: suite.dir });
  expect((await suite.rows("failures")).map((row) => [row.failed_file, row.failed_line, row.failed_command])).toEqual([
    ["odd 'dir\n: x/st ep:1.sh", 3, "false"],
    [null, 1, "false"],
  ]);
});

describe("a trace", () => {
  test("is kept of a step that fails, and in mode always of one that passes", async () => {
    const suite = await startSuite();
    const kinds = async (num: string, mode: string, script: string) => {
      await suite.exec(["--step-num", num, "--trace", mode], ["bash", "-c", script]);
      return suite.sql(
        "SELECT count(*) AS n FROM artifacts WHERE kind = 'trace' AND step_id LIKE ?",
        `%-step-0${num}`,
      )[0]?.n;
    };
    expect(await kinds("1", "auto", "true")).toBe(0);
    expect(await kinds("2", "auto", "false")).toBe(1);
    expect(await kinds("3", "always", "true")).toBe(1);
    expect(await kinds("4", "never", "false")).toBe(0);
    const names = fs.readdirSync(path.join(suite.dir, "logs")).filter((name) => name.includes("trace"));
    expect(names.sort()).toEqual(["step-02-trace.txt", "step-03-trace.txt"]);
    expect(suite.sql("SELECT count(*) AS n FROM commands")).toEqual([{ n: 2 }]);
    expect((await suite.verb("verify")).code).toBe(0);
  });

  test("is requested by SCENARIOLOG_TRACE as well; without a request, exec keeps none", async () => {
    const suite = await startSuite();
    await suite.exec([], ["bash", "-c", "false"]);
    await suite.exec(["--step-num", "1"], ["bash", "-c", "false"], { env: { SCENARIOLOG_TRACE: "auto" } });
    expect((await suite.rows("failures")).map((row) => row.failed_line)).toEqual([null, 1]);
    const { code, stderr } = await suite.exec([], ["true"], { env: { SCENARIOLOG_TRACE: "yes" } });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('SCENARIOLOG_TRACE "yes" is none of auto, always, never'),
    });
  });

  test("has each command with time, file, line and function, and fills commands", async () => {
    const suite = await startSuite();
    const script = "f() {\n  test -d /\n  ls '/no such' 2>/dev/null\n}\ncd /tmp\nf\necho 'a b' \"it's\"\nx=1\nfalse\n";
    fs.writeFileSync(path.join(suite.dir, "s.sh"), script);
    await suite.exec(["--trace", "always"], ["bash", "s.sh"], { cwd: suite.dir });
    const rows = suite.sql(
      `SELECT c.command_num, c.argv0, c.argv_json, c.cwd, c.exit_code, s.file, s.line, s.function, s.text, s.attempt
       FROM commands c JOIN command_sources s USING (command_id) ORDER BY c.command_num`,
    );
    const dir = fs.realpathSync("/tmp");
    const at = { file: "s.sh", attempt: 1 };
    expect(rows).toEqual([
      {
        ...at,
        command_num: 1,
        argv0: "cd",
        argv_json: '["/tmp"]',
        cwd: suite.dir,
        exit_code: 0,
        line: 5,
        function: null,
        text: "cd /tmp",
      },
      {
        ...at,
        command_num: 2,
        argv0: "f",
        argv_json: "[]",
        cwd: dir,
        exit_code: 2,
        line: 6,
        function: null,
        text: "f",
      },
      {
        ...at,
        command_num: 3,
        argv0: "test",
        argv_json: '["-d","/"]',
        cwd: dir,
        exit_code: 0,
        line: 2,
        function: "f",
        text: "test -d /",
      },
      {
        ...at,
        command_num: 4,
        argv0: "ls",
        argv_json: '["/no such"]',
        cwd: dir,
        exit_code: null,
        line: 3,
        function: "f",
        text: "ls '/no such'",
      },
      {
        ...at,
        command_num: 5,
        argv0: "echo",
        argv_json: '["a b","it\'s"]',
        cwd: dir,
        exit_code: 0,
        line: 7,
        function: null,
        text: "echo 'a b' 'it'\\''s'",
      },
      {
        ...at,
        command_num: 6,
        argv0: null,
        argv_json: null,
        cwd: dir,
        exit_code: 0,
        line: 8,
        function: null,
        text: "x=1",
      },
      {
        ...at,
        command_num: 7,
        argv0: "false",
        argv_json: "[]",
        cwd: dir,
        exit_code: 1,
        line: 9,
        function: null,
        text: "false",
      },
    ]);
    const text = fs.readFileSync(path.join(suite.dir, "logs/step-00-trace.txt"), "utf8").split("\n");
    expect(text).toHaveLength(8);
    expect(text[2]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \[\d+\] \+ s\.sh:2 f\(\): test -d \/$/);
  });

  test("has the last 10,000 commands of a long step, and says how many are left out", async () => {
    const suite = await startSuite();
    await suite.exec(["--trace", "auto"], ["bash", "-c", "for ((i = 0; i < 10000; i++)); do :; done; false"]);
    expect(suite.sql("SELECT count(*) AS n, min(command_num) AS first FROM commands")[0]?.n).toBe(10_000);
    expect(Number(suite.sql("SELECT v FROM kv WHERE k = 'trace.commands_left_out'")[0]?.v)).toBeGreaterThan(10_000);
    expect((await suite.rows("failures"))[0]).toMatchObject({ failed_line: 1, failed_command: "false" });
  });

  test("belongs to its attempt: the failing line is that of the last attempt", async () => {
    const suite = await startSuite();
    const script = "[ -e seen ] || {\n  touch seen\n  exit 3\n}\nexit 4\n";
    fs.writeFileSync(path.join(suite.dir, "s.sh"), script);
    await suite.exec(["--trace", "auto", "--retries", "1"], ["bash", "s.sh"], { cwd: suite.dir });
    expect((await suite.rows("failures"))[0]).toMatchObject({ exit_code: 4, failed_line: 5, failed_command: "exit 4" });
    expect(suite.sql("SELECT path FROM artifacts WHERE kind = 'trace' ORDER BY artifact_id")).toEqual([
      { path: "logs/step-00-trace.1.txt" },
      { path: "logs/step-00-trace.txt" },
    ]);
    await suite.exec(["--trace", "auto"], ["true"], { cwd: suite.dir });
    expect(suite.sql("SELECT k FROM kv WHERE k LIKE 'failed.%'")).toEqual([]);
    expect((await suite.verb("verify")).stdout).not.toContain("trace");
  });

  test("names the command that ran when the step was ended from outside", async () => {
    const suite = await startSuite();
    await suite.exec(["--trace", "auto", "--timeout", "300ms", "--grace", "0"], ["bash", "-c", "echo one\nsleep 30"]);
    expect((await suite.rows("failures"))[0]).toMatchObject({
      exit_code: 124,
      failed_line: 2,
      failed_command: "sleep 30",
    });
  });

  test("leaves the user's BASH_ENV in force, for the step and for its children", async () => {
    const suite = await startSuite();
    const file = path.join(suite.dir, "env of mine.sh");
    fs.writeFileSync(file, "greet() { echo hello; }\nreturn 3\n");
    const script = 'greet; echo "$? $BASH_ENV"; bash -c greet; false';
    await suite.exec(["--trace", "auto"], ["bash", "-c", script], { env: { BASH_ENV: file } });
    expect(suite.log(0, "stdout").toString()).toBe(`hello\n0 ${file}\nhello\n`);
    expect((await suite.rows("failures"))[0]?.failed_command).toBe("false");
  });

  test("leaves nothing in the directory for temporary files, and keeps no secret", async () => {
    const suite = await startSuite();
    const temp = path.join(suite.dir, "temp");
    fs.mkdirSync(temp);
    const script = `password=hunter22; curl -H "Authorization: Bearer $MY_TOKEN" file:///dev/null; ls ${temp}; false`;
    const env = { TMPDIR: temp, MY_TOKEN: "abcdef123456" };
    await suite.exec(["--trace", "always"], ["bash", "-c", script], { env });
    expect(fs.readdirSync(temp)).toEqual([]);
    expect(suite.log(0, "stdout").toString()).toBe("");
    const trace = fs.readFileSync(path.join(suite.dir, "logs/step-00-trace.txt"), "utf8");
    const rows = JSON.stringify([suite.sql("SELECT * FROM commands"), suite.sql("SELECT * FROM command_sources")]);
    for (const text of [trace, rows]) {
      expect(text).toContain("password=[redacted]");
      expect(text).toContain("Authorization: Bearer [redacted]");
      expect(text).not.toMatch(/hunter22|abcdef123456/);
    }
  });
});
