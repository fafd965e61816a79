import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { scenariolog } from "../support/program.ts";
import { type Scripts, scripts } from "../support/recorded.ts";

/** Four steps; each fails as long as a file `fail-N` is there. */
function suiteWith(...failing: number[]): Scripts & { fail(num: number): void; mend(num: number): void } {
  const files = Object.fromEntries([1, 2, 3, 4].map((n) => [`0${n}-s${n}.sh`, `echo "$1"; [ ! -e fail-${n} ]`]));
  const suite = scripts(files);
  const fail = (num: number) => fs.writeFileSync(`${suite.dir}/fail-${num}`, "");
  for (const num of failing) fail(num);
  return { ...suite, fail, mend: (num) => fs.rmSync(`${suite.dir}/fail-${num}`) };
}

const numsOf = (suite: Scripts) => suite.steps().map(([num]) => num);
const statusOf = async (suite: Scripts) => {
  const { stdout } = await scenariolog(["summary", "--db", ".scenario-run.db", "--select", "status"], {
    cwd: suite.dir,
  });
  return stdout.trim();
};

describe.concurrent("record --failed", () => {
  test("runs what failed and what was not run, with the flags and operands of that run, and is partial", async () => {
    const suite = suiteWith(2);
    expect((await suite.record(["--kv", "a:b", "steps", "--", "word"])).code).toBe(1);
    suite.mend(2);
    const { code, stderr } = await suite.record(["--failed"]);
    expect(code).toBe(0);
    expect(numsOf(suite)).toEqual([2, 3, 4]);
    expect(stderr).toMatch(/^3 steps: 3 passed, 1 left out in /m);
    expect(suite.log(2, "stdout")).toBe("word\n");
    expect(suite.sql("SELECT v FROM kv WHERE k = 'a'")).toHaveLength(2);
    expect(await statusOf(suite)).toBe("partial");
  });

  test("goes back to the runs before one that left steps out", async () => {
    const suite = suiteWith(2, 3);
    await suite.record(["--keep-going", "steps"]);
    suite.mend(2);
    await suite.record(["--only", "2", "steps"]);
    expect((await suite.record(["--failed"])).code).toBe(1);
    expect(numsOf(suite)).toEqual([3]);
    suite.mend(3);
    expect((await suite.record(["--failed"])).code).toBe(0);
    const { code, stderr } = await suite.record(["--failed"]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: "[scenariolog] note: no step failed the last time that it was run, so there is nothing to do\n",
    });
  });

  test("runs a step that was interrupted, and one that is new", async () => {
    const suite = suiteWith();
    fs.writeFileSync(`${suite.dir}/steps/04-s4.sh`, "#!/bin/bash\necho in\n[ -e told ] || sleep 300\n");
    const record = suite.startRecord();
    await suite.logWith(4, "in");
    await Bun.sleep(150);
    record.signal("SIGTERM");
    await record.ended;
    fs.writeFileSync(`${suite.dir}/told`, "");
    fs.writeFileSync(`${suite.dir}/steps/05-new.sh`, "#!/bin/bash\n", { mode: 0o755 });
    expect((await suite.record(["--failed"])).code).toBe(0);
    expect(numsOf(suite)).toEqual([4, 5]);
  });

  test("--from-failed runs all from the first of them on, without what --skip leaves out", async () => {
    const suite = suiteWith(2);
    await suite.record(["--keep-going", "--skip", "3", "steps"]);
    suite.mend(2);
    expect((await suite.record(["--from-failed"])).code).toBe(0);
    expect(numsOf(suite)).toEqual([2, 4]);
  });

  test("takes the last run of the suite that is named", async () => {
    const suite = suiteWith(1);
    await suite.record(["--suite", "one", "steps"]);
    suite.mend(1);
    await suite.record(["--suite", "two", "steps/02-s2.sh"]);
    await suite.record(["--failed", "--suite", "one"]);
    expect(numsOf(suite)).toEqual([1, 2, 3, 4]);
    expect(suite.run()).toMatchObject({ suite: "one" });
  });

  test.each<[what: string, before: readonly string[] | null, words: readonly string[], error: RegExp]>([
    ["there is no database", null, ["--failed"], /^Error: .*\.scenario-run\.db/],
    ["the run was a harness's", ["--", "true"], ["--failed"], /^Error: run \w+ ran a harness/],
    ["steps are chosen twice", ["steps"], ["--failed", "--only", "1"], /^Error: --failed and --from-failed choose/],
    [
      "the words held a secret",
      ["--kv", "api_token:hunter2hunter2", "steps", "--", "--password", "hunter2hunter2"],
      ["--failed"],
      /^Error: the words of run \w+ hold a secret/,
    ],
  ])("is refused in one line when %s", async (_, before, words, error) => {
    const suite = suiteWith();
    if (before !== null) await suite.record(before);
    const { code, stderr } = await suite.record(words);
    expect(stderr).toMatch(error);
    expect(code).toBeGreaterThan(1);
    if (before !== null) expect(suite.sql("SELECT count(*) AS n FROM scenario_runs")).toEqual([{ n: 1 }]);
    if (before?.includes("--password"))
      expect(JSON.stringify(suite.sql("SELECT v FROM kv WHERE k LIKE 'record.%'"))).not.toContain("hunter2");
  });
});

describe.concurrent("what record makes", () => {
  const git = (dir: string, ...words: string[]) => Bun.spawnSync(["git", ...words], { cwd: dir }).stdout.toString();

  test("git does not see, in a repository that has no ignore file here", async () => {
    const suite = suiteWith();
    git(suite.dir, "init", "-q");
    git(suite.dir, "add", ".");
    const { stderr } = await suite.record();
    expect(stderr).not.toContain("note");
    expect(git(suite.dir, "status", "--porcelain", "-uall").match(/^\?\?.*/gm)).toBeNull();
    expect(fs.existsSync(`${suite.dir}/.scenario-run.db`)).toBe(true);
  });

  test("leaves an ignore file of the project alone, and says once what to add, unless it is there", async () => {
    const suite = suiteWith();
    git(suite.dir, "init", "-q");
    fs.writeFileSync(`${suite.dir}/.gitignore`, "node_modules\n");
    const { stderr } = await suite.record();
    expect(stderr).toStartWith(
      "[scenariolog] note: git sees .scenario-run.db; to keep it out: echo '/.scenario-run.db*' >> .gitignore\n",
    );
    expect((await suite.record()).stderr).not.toContain("note");
    expect(fs.readFileSync(`${suite.dir}/.gitignore`, "utf8")).toBe("node_modules\n");
    const other = suiteWith();
    git(other.dir, "init", "-q");
    fs.writeFileSync(`${other.dir}/.gitignore`, "*.db*\n");
    expect((await other.record()).stderr).not.toContain("note");
  });

  test("lies beside the database, which is the nearest one here or above, and record says so", async () => {
    const suite = suiteWith();
    await suite.record();
    const { stderr } = await suite.record(["01-s1.sh"], { cwd: `${suite.dir}/steps` });
    expect(stderr).toContain("[scenariolog] note: recording into ../.scenario-run.db, the nearest database\n");
    expect(fs.readdirSync(`${suite.dir}/steps`).filter((name) => name.startsWith("."))).toEqual([]);
    expect(suite.log(1, "stdout")).toBe("\n");
  });

  test("goes with --db, logs and all, and is read there", async () => {
    const suite = suiteWith(1);
    fs.mkdirSync(`${suite.dir}/elsewhere`);
    await suite.record(["--db", "elsewhere/x.db", "steps"]);
    expect(fs.readdirSync(`${suite.dir}/elsewhere`).sort()).toEqual([".logs", "x.db"]);
    expect(fs.existsSync(`${suite.dir}/.logs`)).toBe(false);
    const verify = await scenariolog(["verify", "--db", "elsewhere/x.db"], { cwd: suite.dir });
    expect(verify.code).toBe(0);
    const log = await scenariolog(["log", "--db", "elsewhere/x.db", "1"], { cwd: suite.dir });
    expect(log).toMatchObject({ code: 0, stdout: "\n" });
  });
});
