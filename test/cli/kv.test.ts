import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
});

/** Tags of a new run in the order of their rows, as `k:v`. */
async function runTags(...flags: string[]): Promise<string[]> {
  const args = ["--root-dir", "/r", "--suite", "s", "--no-provenance", ...flags];
  const { stdout, stderr, code } = await suite.verb("run start", args, { cwd: suite.dir });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const rows = suite.sql(
    "SELECT k, v, typeof(v) AS type, step_id, command_id FROM kv WHERE run_id = ? ORDER BY kv_id",
    stdout.trim(),
  );
  for (const row of rows) expect(row).toMatchObject({ type: "text", step_id: null, command_id: null });
  return rows.map(({ k, v }) => `${k}:${v}`);
}

const automatic = ["root_dir:/r", "suite:s", `user.name:${user}`];

describe("--kv", () => {
  test("takes one tag, several with commas, and counts each time it is given", async () => {
    expect(await runTags("--kv", "a:1,b:2", "--kv=c:3", "--kv", '"d:4,5"')).toEqual([
      ...automatic,
      ...["a:1", "b:2", "c:3", "d:4,5"],
    ]);
  });

  test("keeps the last value of a key, at the place of its first", async () => {
    expect(await runTags("--kv", "a:1,b:2,a:3", "--kv", "b:4")).toEqual([...automatic, "a:3", "b:4"]);
  });

  test("stores no empty value, also where it is a key's last", async () => {
    expect(await runTags("--kv", "a:,b:1", "--kv", "b:", "--kv", "")).toEqual(automatic);
  });

  test("replaces an automatic tag of the same key, which an empty value does not", async () => {
    expect(await runTags("--kv", "user.name:me,suite:", "--kv", "root_dir:/x")).toEqual([
      ...["root_dir:/x", "suite:s", "user.name:me"],
    ]);
    expect(await suite.exec(["--step-num", "1", "--kv", "step.name:mine,x:y"], ["echo", "a", "b"])).toMatchObject({
      code: 0,
    });
    const rows = suite.sql("SELECT k, v FROM kv WHERE step_id = ? ORDER BY kv_id", `${suite.runId}-step-01`);
    const beforeTheEnd = rows.filter(({ k }) => !/^rusage\.|^cmd\.work_dir$/.test(String(k)));
    expect(beforeTheEnd.map(({ k, v }) => `${k}:${v}`)).toEqual([
      ...["step.name:mine", "step.num:1", "cmd.argv0:echo", 'cmd.args_json:["a","b"]', "x:y"],
    ]);
  });

  test("reads files, beside other tags and in their order", async () => {
    fs.writeFileSync(path.join(suite.dir, "t.json"), '{"j": 12345678901234567890, "version": 1.10, "a": "json"}');
    fs.writeFileSync(path.join(suite.dir, "t.yaml"), "y: yes\nn: 5\nlist: [1, 2]\nnothing:\nb: yaml\n");
    fs.writeFileSync(path.join(suite.dir, "bom.JSON"), '\ufeff{"c": true}');
    expect(await runTags("--kv", "a:1,@t.json,d:2", "--kv", "@t.yaml,b:3", "--kv=@bom.JSON")).toEqual([
      ...automatic,
      ...["a:json", "j:12345678901234567890", "version:1.10", "d:2"],
      ...["y:yes", "n:5", "list:[1,2]", "b:3", "c:true"],
    ]);
  });
});

describe("a bad --kv is a usage error before anything is written or run:", () => {
  test.each([
    ["no key", ":v", '--kv ":v" has an empty key'],
    ["a key of blanks", "a:b, =v", '--kv " =v" has an empty key'],
    ["no value", "key", '--kv "key" is no tag'],
    ["an open quote", '"a:b', '--kv "\\"a:b" has an unbalanced quote'],
    ["an empty key in a file", "a:b,@empty-key.json", "--kv @empty-key.json has an empty key"],
    ["a list in a file", "@list.yaml", "--kv @list.yaml does not hold an object of tags"],
    ["a broken file", "@broken.json", "--kv @broken.json is no valid json: "],
    ["a file of another type", "@tags.toml", "--kv @tags.toml is neither .json nor .yaml"],
    ["a missing file", "@none.yml", "--kv @none.yml cannot be read: ENOENT"],
    ["a directory", "@.json", "--kv @.json cannot be read: EISDIR"],
  ])("%s", async (_name, kv, message) => {
    const cwd = tempDir();
    fs.writeFileSync(path.join(cwd, "empty-key.json"), '{"a": 1, "": 2}');
    fs.writeFileSync(path.join(cwd, "list.yaml"), "- a\n- b\n");
    fs.writeFileSync(path.join(cwd, "broken.json"), "{");
    fs.writeFileSync(path.join(cwd, "tags.toml"), "a = 1\n");
    fs.mkdirSync(path.join(cwd, ".json"));
    const before = fs.readdirSync(cwd);
    const start = await scenariolog(["run", "start", "--db", "x.db", "--root-dir", ".", "--kv", kv], { cwd });
    const exec = await suite.exec(["--step-num", "9", "--kv", kv], ["touch", path.join(cwd, "ran")], { cwd });
    for (const { stdout, stderr, code } of [start, exec]) {
      expect({ stdout, code }).toEqual({ stdout: "", code: 2 });
      expect(stderr).toStartWith(`Error: ${message}`);
      expect(stderr.split("\n").length).toBe(3);
    }
    expect(fs.readdirSync(cwd)).toEqual(before);
    expect(suite.sql("SELECT 1 FROM steps WHERE step_num = 9")).toEqual([]);
  });
});
