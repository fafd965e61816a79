// check: smoke, Bun has words of its own before those of a script

import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
});

/** Starts a run in the suite's database and returns what is stored of it. */
async function startRun(...flags: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr, code } = await suite.verb("run start", flags);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return suite.sql("SELECT * FROM scenario_runs WHERE run_id = ?", stdout.trimEnd())[0]!;
}

describe("a flag's value", () => {
  test("follows a space or an equals sign", async () => {
    expect(await startRun("--root-dir", "/a", "--suite", "one")).toMatchObject({ root_dir: "/a", suite: "one" });
    expect(await startRun("--root-dir=/a=b", "--suite=two words")).toMatchObject({
      root_dir: "/a=b",
      suite: "two words",
    });
  });

  test("may begin with a dash, and may be --help or -h", async () => {
    expect(await startRun("--root-dir", "-r", "--suite", "--help")).toMatchObject({ root_dir: "-r", suite: "--help" });
    expect(await startRun("--root-dir=--db", "--suite=-h")).toMatchObject({ root_dir: "--db", suite: "-h" });
  });

  test("may be empty", async () => {
    expect(await startRun("--root-dir=", "--suite", "")).toMatchObject({ root_dir: "", suite: null });
  });

  test("is the last one if the flag is repeated", async () => {
    expect(await startRun("--suite", "one", "--root-dir", "/a", "--suite=two", "--root-dir=/b")).toMatchObject({
      root_dir: "/b",
      suite: "two",
    });
  });
});

test("a negative exit code is stored as it is given, in either form", async () => {
  const { run_id } = await startRun("--root-dir", "/a");
  const stored = () => suite.sql("SELECT exit_code FROM scenario_runs WHERE run_id = ?", String(run_id));
  expect(await suite.verb("run end", ["--exit-code", "-5", "--run-id", String(run_id)])).toMatchObject({ code: 0 });
  expect(stored()).toEqual([{ exit_code: -5 }]);
  expect(await suite.verb("run end", ["--run-id", String(run_id), "--exit-code=-6"])).toMatchObject({ code: 0 });
  expect(stored()).toEqual([{ exit_code: -6 }]);
});

describe("exec", () => {
  test("hands everything after the first -- to the step", async () => {
    const args = ["--help", "--", "-h", "--name=x", "--db", "", "a b", "--unknown"];
    expect(await suite.exec(["--step-num", "1"], ["printf", "<%s>", ...args])).toMatchObject({ stdout: "", code: 0 });
    expect(suite.log(1, "stdout").toString()).toBe(args.map((arg) => `<${arg}>`).join(""));
  });

  test("takes a command among its flags too, until the first --", async () => {
    const flags = ["printf", "--run-id", suite.runId, "<%s>", "--root-dir", suite.dir, "--log-dir=logs", "x"];
    const { code } = await suite.verb("exec", [...flags, "--name", "n", "--step-num=2", "--", "y", "--", "z"]);
    expect(code).toBe(0);
    expect(suite.log(2, "stdout").toString()).toBe("<x><y><--><z>");
  });

  test("shows its help when that is asked for before the --, and runs nothing", async () => {
    const file = path.join(suite.dir, "ran");
    const { stdout, stderr, code } = await suite.exec(["--help"], ["touch", file]);
    expect({ stderr, code, ran: fs.existsSync(file) }).toEqual({ stderr: "", code: 0, ran: false });
    expect(stdout).toContain("scenariolog exec [flags] -- COMMAND");
  });
});

test("a flag that may be yes or no takes both in Go's spellings, after an equals sign only", async () => {
  const search = (...flags: string[]) => suite.verb("search", ["--query", "nothing", "--output", "csv", ...flags]);
  const [off, on] = [
    "artifact_id,step_id,kind,path,line_num,text",
    "artifact_id,step_id,kind,path,line_num,text,run_id",
  ];
  for (const flag of ["--all-runs", "--all-runs=true", "--all-runs=T", "--all-runs=1", "--all-runs=f --all-runs"]) {
    expect(await search(...flag.split(" "))).toMatchObject({ stdout: `${on}\n`, code: 0 });
  }
  for (const flag of ["--all-runs=false", "--all-runs=F", "--all-runs=0", "--all-runs --all-runs=FALSE"]) {
    expect(await search(...flag.split(" "))).toMatchObject({ stdout: `${off}\n`, code: 0 });
  }
  expect(await search("--all-runs=maybe")).toMatchObject({
    stderr: "Error: --all-runs=maybe is neither true nor false\n  see: scenariolog search --help\n",
    code: 2,
  });
});

describe("a usage error is one line and the way to the help, on stderr, with code 2, and nothing is made:", () => {
  const start = ["run", "start", "--db", "x.db", "--root-dir", "."];
  const exec = ["exec", "--db", "x.db", "--run-id", "r", "--root-dir", ".", "--log-dir", "logs", "--name", "n"];
  const touch = ["--", "touch", "ran"];
  const integer = (flag: string, value: string) => `--${flag} ${JSON.stringify(value)} is not a whole number`;
  const cases: [string, string[], string][] = [
    ["an unknown verb", ["sumary"], 'unknown verb "sumary"'],
    ["a verb in another case", ["Summary"], 'unknown verb "Summary"'],
    ["a group without its verb", ["run"], "run needs a verb after it: start or end"],
    ["an unknown verb of a group", ["run", "stop"], 'unknown verb "run stop"; run takes start or end'],
    ["an unknown flag", [...start, "--sweet", "x"], 'unknown flag "--sweet" of run start'],
    ["an abbreviated flag", ["run", "start", "--d", "x.db", "--root-dir", "."], 'unknown flag "--d" of run start'],
    ["a flag in another case", ["init", "--DB", "x.db"], 'unknown flag "--DB" of init'],
    ["a flag of one dash", ["init", "-db", "x.db"], 'unknown flag "-db" of init'],
    ["a flag named like a property of objects", ["init", "--constructor", "x"], 'unknown flag "--constructor" of init'],
    ["a flag of another verb", ["init", "--db", "x.db", "--suite", "s"], 'unknown flag "--suite" of init'],
    ["a flag without its value", ["init", "--db"], "flag --db needs a value"],
    ["a value cut off by --", ["run", "start", "--root-dir", ".", "--db", "--", "x.db"], "flag --db needs a value"],
    ["no database", ["init"], "required flag --db not given"],
    ["an empty database name", ["init", "--db="], "--db is empty"],
    ["no root dir", ["run", "start", "--db", "x.db"], "required flag --root-dir not given"],
    ["no run", ["run", "end", "--db", "x.db"], "required flag --run-id not given"],
    ["no query", ["search", "--db", "x.db"], "search needs a WORD to look for, or --query"],
    ["a stray word", ["init", "--db", "x.db", "y"], 'init takes no argument "y"'],
    ["a stray word after --", [...start, "--", "y"], 'run start takes no argument "y"'],
    ["exec without a command", exec, "exec needs a command after --"],
    ["exec with nothing after --", [...exec, "--"], "exec needs a command after --"],
    ["exec without a name", ["exec", ...exec.slice(1, -2), ...touch], "required flag --name not given"],
    ["exec with an unknown flag", [...exec, "--nme", "x", ...touch], 'unknown flag "--nme" of exec'],
    ["a negative step number", [...exec, "--step-num", "-1", ...touch], "--step-num -1 is less than 0"],
    ["a step number that is no number", [...exec, "--step-num", "one", ...touch], integer("step-num", "one")],
    ["an unknown way of stdin", [...exec, "--stdin", "file", ...touch], '--stdin "file" is none of null, inherit'],
    ["a tag without a key", [...exec, "--kv", ":v", ...touch], '--kv ":v" has an empty key'],
    ["a tag without a key, for a run", [...start, "--kv", "a:b,=v"], '--kv "=v" has an empty key'],
    ["a missing file of tags", [...start, "--kv", "@none.json"], "--kv @none.json cannot be read: ENOENT"],
    [
      "two ways to say which run",
      ["search", "--db", "x", "--query", "x", "--all-runs", "--run-id", "y"],
      "--all-runs and --run-id exclude each other",
    ],
    ["an unknown topic", ["help", "sumary"], 'no help on "sumary"'],
    ...["abc", "1.5", "1e3", "0x10", "", " 5", "5 ", "--", "٣", "1_000", "+"].map(
      (value): [string, string[], string] => [
        `an exit code of ${JSON.stringify(value)}`,
        ["run", "end", "--db", "x.db", "--run-id", "r", `--exit-code=${value}`],
        integer("exit-code", value),
      ],
    ),
    ...["9007199254740993", "-99999999999999999999"].map((value): [string, string[], string] => [
      `an exit code of ${value}`,
      ["run", "end", "--db", "x.db", "--run-id", "r", "--exit-code", value],
      `--exit-code ${value} is out of range`,
    ]),
    [
      "a limit that is no number",
      ["search", "--db", "x.db", "--query", "x", "--limit", "1.5"],
      integer("limit", "1.5"),
    ],
    ["a step that is no number", ["search", "--db", "x.db", "--query", "x", "--step", "two"], integer("step", "two")],
    ["a top that is no number", ["timings", "--db", "x.db", "--top="], integer("top", "")],
  ];
  test.each(cases)("%s", async (_name, args, message) => {
    const cwd = tempDir();
    const { stdout, stderr, code } = await scenariolog(args, { cwd });
    expect({ stdout, code, files: fs.readdirSync(cwd) }).toEqual({ stdout: "", code: 2, files: [] });
    const lines = stderr.split("\n");
    expect(lines[0]).toBe(`Error: ${message}`);
    expect(lines[1]).toMatch(/^ {2}.*see: scenariolog .*--help$/);
    expect(lines.slice(2)).toEqual([""]);
  });
});

test("whole numbers may have a sign and leading zeros", async () => {
  const { run_id } = await startRun("--root-dir", "/a");
  for (const [text, value] of [
    ["+7", 7],
    ["-0", 0],
    ["008", 8],
    ["-010", -10],
    ["9007199254740991", 9007199254740991],
  ] as const) {
    expect(await suite.verb("run end", ["--run-id", String(run_id), "--exit-code", text])).toMatchObject({ code: 0 });
    expect(
      suite.sql("SELECT exit_code, typeof(exit_code) AS type FROM scenario_runs WHERE run_id = ?", String(run_id)),
    ).toEqual([{ exit_code: value, type: "integer" }]);
  }
});
