import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { scenariolog, tempDir } from "../support/program.ts";

let root: string;
let below: string;
beforeAll(async () => {
  root = tempDir();
  below = path.join(root, "a/b");
  fs.mkdirSync(below, { recursive: true });
  fs.mkdirSync(path.join(root, ".git"));
  fs.mkdirSync(path.join(root, "checks"));
  const script = "#!/bin/sh\nfor i in 1 2 3 4 5 6; do echo line $i; done\necho the needle is here\necho after\n";
  fs.writeFileSync(path.join(root, "checks/01-one.sh"), script, { mode: 0o755 });
  const flags = ["--no-provenance", "--kv", "team:red", "checks"];
  expect(await scenariolog(["record", ...flags], { cwd: root })).toMatchObject({ code: 0 });
});

const ask = (...words: string[]) => scenariolog(words, { cwd: below });

test.each(["runs", "steps", "summary", "failures", "timings", "artifacts", "notes", "verify", "why", "log 1", "tags"])(
  "%s finds the database above the current directory",
  async (verb) => expect(await ask(...verb.split(" "))).toMatchObject({ stderr: "", code: 0 }),
);

test("without one there, the error says what to do; verbs that a harness calls never search", async () => {
  const cwd = tempDir();
  fs.mkdirSync(path.join(cwd, ".git"));
  expect(await scenariolog(["steps"], { cwd })).toEqual({
    stdout: "",
    stderr:
      "Error: no --db is given, and there is no .scenario-run.db here or above\n  scenariolog record makes one; else give --db, or set SCENARIOLOG_DB; see: scenariolog steps --help\n",
    code: 2,
    signal: null,
  });
  for (const verb of [["init"], ["run", "start", "--root-dir", "."], ["run", "end", "--run-id", "latest"]]) {
    expect(await ask(...verb)).toMatchObject({
      stderr: expect.stringContaining("required flag --db not given"),
      code: 2,
    });
  }
});

describe("search", () => {
  test("takes words as arguments: a line must have all of them", async () => {
    expect(await ask("search", "needle", "here", "--select", "text")).toMatchObject({ stdout: "the needle is here\n" });
    expect(await ask("search", "needle", "giraffe", "--select", "text")).toMatchObject({ stdout: "", code: 0 });
    expect(await ask("search", "--select", "text", "--", "needle")).toMatchObject({ stdout: "the needle is here\n" });
    expect(await ask("search", "needle", "--query", "x")).toMatchObject({ stdout: "", code: 2 });
  });

  test("-C shows lines around each hit, once each, and says which they are", async () => {
    const { stdout } = await ask("search", "-C", "2", "needle", "-o", "csv", "--fields", "line_num,text,context");
    expect(stdout).toBe(
      "line_num,text,context\n5,line 5,true\n6,line 6,true\n7,the needle is here,false\n8,after,true\n",
    );
    const many = await ask("search", "line", "-C", "1", "-o", "csv", "--fields", "line_num,context");
    expect(many.stdout).toBe(`line_num,context\n${[1, 2, 3, 4, 5, 6].map((n) => `${n},false\n`).join("")}7,true\n`);
  });

  test("--exit-code and -q end with 1 if there is no hit, and -q prints nothing", async () => {
    expect(await ask("search", "giraffe", "--exit-code")).toMatchObject({ code: 1 });
    expect(await ask("search", "needle", "--exit-code")).toMatchObject({ code: 0 });
    expect(await ask("search", "needle", "-q")).toMatchObject({ stdout: "", code: 0 });
    expect(await ask("search", "giraffe", "-q")).toMatchObject({ stdout: "", code: 1 });
  });
});

test("runs can be narrowed by tags and by time", async () => {
  const runs = async (...flags: string[]) => JSON.parse((await ask("runs", "-o", "json", ...flags)).stdout).length;
  expect(await runs("--tag", "team:red")).toBe(1);
  expect(await runs("--tag", "team=red", "--tag", "suite:nope")).toBe(0);
  expect(await runs("--since", "7d")).toBe(1);
  expect(await runs("--since", "2999-01-01")).toBe(0);
  expect(await runs("--since", "7d", "--tag", "team:red", "-n", "-1")).toBe(1);
  expect(await ask("runs", "--tag", "red")).toMatchObject({
    stderr: expect.stringMatching(/^Error: --tag "red" is no tag/),
  });
  expect(await ask("runs", "--since", "soon")).toMatchObject({ stdout: "", code: 2 });
});

test("tags shows those of the run first, then those of its steps", async () => {
  const rows = JSON.parse((await ask("tags", "-o", "json")).stdout);
  expect(rows).toContainEqual(expect.objectContaining({ step_num: null, key: "team", value: "red" }));
  expect(rows.at(-1).step_num).toBe(1);
  const { stdout } = await ask("tags", "--step", "1", "--select", "key");
  expect(stdout).toStartWith("step.name\nstep.num\n");
});

test("short flags mean what the long ones do, one letter at a time", async () => {
  const json = await ask("timings", "--output", "json", "--top", "1");
  expect(await ask("timings", "-o", "json", "-n", "1")).toEqual(json);
  expect(await ask("timings", "-o=json", "-n=1")).toEqual(json);
  expect(await ask("timings", "-on")).toMatchObject({ stdout: "", code: 2 });
  expect(await ask("-V")).toEqual(await ask("--version"));
});

test.each([
  ["wyh", "did you mean scenariolog why?"],
  ["sumary", "did you mean scenariolog summary?"],
  ["ls", "did you mean scenariolog runs?"],
  ["rerun", "did you mean scenariolog record --failed?"],
  ["version", "did you mean scenariolog --version?"],
  ["run strat", "did you mean run start?"],
  ["failures --ouput json", "did you mean --output?"],
  ["failures --output jsn", "did you mean json?"],
  ["failures --fields exit_cod", "did you mean exit_code?"],
  ["runs --status fialed", "did you mean failed?"],
  ["record --keepgoing checks", "did you mean --keep-going?"],
  ["help serach", "did you mean search?"],
])("%s: %s", async (line, hint) => {
  const { stdout, stderr, code } = await ask(...line.split(" "));
  expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
  expect(stderr).toContain(hint);
});
