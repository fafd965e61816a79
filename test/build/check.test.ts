import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { formatCounts, readTestCounts } from "../../scripts/check/counts.ts";
import { findTestFiles } from "../../scripts/check/test-files.ts";
import { runTests, type TestRunResult } from "../../scripts/check/test-run.ts";
import { newFolder, root, run } from "./built.ts";

const passing = 'test("passes", () => {});\ntest("passes too", () => {});';

describe("the counts of the check", () => {
  test("are those that bun test really prints", async () => {
    const folder = await folderOf({
      a: `test("passes", () => console.log(" 9 pass\\n 9 fail\\nRan 9 tests"));
          test("fails", () => expect(1).toBe(2)); test.skip("skipped", () => {}); test.todo("later");`,
      b: 'throw new Error("between tests");',
    });
    const { stdout, stderr } = await run([process.execPath, "test"], folder);
    expect(readTestCounts(stdout + stderr)).toEqual({ passed: 1, failed: 2, skipped: 2 });
  });

  test("are absent when a run died before its summary", () => {
    expect(readTestCounts("bun test v1.4.5\n\na.test.ts:\n 3 pass\nSegmentation fault\n")).toBeUndefined();
  });

  test("are written as CI reads them", () => {
    expect(formatCounts({ passed: 1442, failed: 0, skipped: 0 })).toBe("1442 passed, 0 failed");
    expect(formatCounts({ passed: 1442, failed: 1, skipped: 2 })).toBe("1442 passed, 1 failed, 2 skipped");
  });
});

describe("a run of test files", () => {
  test("passes if every file ran its tests and all of them passed, and names the skipped ones", async () => {
    const skipping = `${passing} describe("in a <group>", () => { test.skip("is skipped", () => {}); test.todo("later") });`;
    expect(await runIn(await folderOf({ a: passing, b: skipping }), "ab")).toMatchObject({
      counts: { passed: 4, failed: 0, skipped: 2 },
      skipped: ["test/b.test.ts: in a <group> > is skipped", "test/b.test.ts: in a <group> > later"],
      problem: undefined,
    });
  });

  test("takes the files that it is given, and no others", async () => {
    const folder = await folderOf({ a: passing, aa: 'test("fails", () => expect(1).toBe(2));' });
    expect(await runIn(folder, "a")).toMatchObject({ counts: { passed: 2, failed: 0 }, problem: undefined });
  });

  const faults: Record<string, { code: string; says: string; counts: object; shows: string }> = {
    "a test that fails": {
      code: 'test("adds up", () => { console.log("on the way"); expect(1 + 1).toBe(3); });',
      says: "1 failed",
      counts: { passed: 2, failed: 1 },
      shows: "(fail) adds up",
    },
    "an error between tests": {
      code: 'test("passes", () => {}); throw new Error("loose");',
      says: "1 failed",
      counts: { failed: 1 },
      shows: "error: loose",
    },
    "a process that is killed": {
      code: 'test("dies", async () => { process.kill(process.pid, "SIGKILL"); await Bun.sleep(60_000); });',
      says: "1 failed",
      counts: { passed: 2, failed: 1 },
      shows: "b.test.ts (worker crashed: SIGKILL)",
    },
    "a process that ends in the middle of its tests, with 0": {
      code: 'test("leaves", () => process.exit(0)); test("is never run", () => {});',
      says: "1 failed",
      counts: { passed: 2, failed: 1 },
      shows: "b.test.ts (worker crashed: exit code 0)",
    },
    "a file without a test": {
      code: "export {};",
      says: "no test in test/b.test.ts",
      counts: { passed: 2, failed: 0 },
      shows: "",
    },
  };
  for (const [what, { code, says, counts, shows }] of Object.entries(faults)) {
    test(`fails with ${what}`, async () => {
      const result = await runIn(await folderOf({ a: passing, b: code }), "ab");
      expect(result).toMatchObject({ problem: says, counts });
      expect(result.output).toContain(shows);
    });
  }

  test("one file at a time fails as well if it dies, by a signal or with 0", async () => {
    for (const [end, says] of [
      ['process.kill(process.pid, "SIGKILL")', "SIGKILL"],
      ["process.exit(0)", "exit code 0"],
    ]) {
      const folder = await folderOf({
        a: passing,
        b: `test("dies", async () => { ${end}; await Bun.sleep(60_000); });`,
      });
      const { problem } = await runIn(folder, "b", 1);
      expect(problem).toBe(`bun test died before its summary, ${says}`);
    }
  });

  test("fails if it gets no file, or if all its tests are skipped", async () => {
    const folder = await folderOf({ a: 'test.skip("is skipped", () => {});' });
    expect((await runIn(folder, "a")).problem).toBe("no test passed");
    expect((await runIn(folder, "")).problem).toBe("there is no test file");
  });
});

describe("the test files of the check", () => {
  test("are found by their names, and say how they want to run", async () => {
    const folder = await folderOf({
      a: passing,
      "cli/b": `// check: alone, because it fills the machine\n${passing}`,
      "cli/c": `// check: smoke\n${passing}`,
      "cli/deeper/d": passing,
    });
    await Bun.write(join(folder, "test/e_spec.js"), passing);
    await Bun.write(join(folder, "test/support/none.ts"), passing);
    expect(findTestFiles(folder)).toEqual([
      { path: "test/a.test.ts", isUnit: true },
      { path: "test/cli/b.test.ts", isUnit: false, mark: "alone" },
      { path: "test/cli/c.test.ts", isUnit: false, mark: "smoke" },
      { path: "test/cli/deeper/d.test.ts", isUnit: false },
      { path: "test/e_spec.js", isUnit: true },
    ]);
  });

  test("are refused by name with an unknown word, or with two", async () => {
    const misspelt = await folderOf({ a: `// check: alnoe, a crowd\n${passing}` });
    expect(() => findTestFiles(misspelt)).toThrow('test/a.test.ts says "// check: alnoe": the words known are');
    const twice = await folderOf({ a: `// check: alone\n// check: smoke\n${passing}` });
    expect(() => findTestFiles(twice)).toThrow("test/a.test.ts has 2 lines");
  });
});

test("every command that names a Bun version names the pinned one", async () => {
  const pinned = manifest.packageManager;
  let found = 0;
  for (const path of [".ci/run", ".github/workflows/ci.yml", "README.md", "CONTRIBUTING.md"]) {
    const file = Bun.file(join(root, path));
    if (!(await file.exists())) continue;
    for (const [version] of (await file.text()).matchAll(/\bbun@\d[\w.-]*\w/g)) {
      expect(`${path}: ${version}`).toBe(`${path}: ${pinned}`);
      found += 1;
    }
  }
  expect(found).toBeGreaterThan(0);
});

/** A folder with `test/NAME.test.ts` for each name. */
async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = newFolder("check");
  mkdirSync(join(folder, "test"));
  for (const [name, code] of Object.entries(files)) {
    const file = join(folder, "test", `${name}.test.ts`);
    await Bun.write(file, `${code}\nimport { describe, expect, test } from "bun:test";\n`);
  }
  return folder;
}

/** Runs the files of a folder that have one of these letters for a name. */
function runIn(folder: string, letters: string, workers = 2): Promise<TestRunResult> {
  const files = [...letters].map((letter) => `test/${letter}.test.ts`);
  return runTests({ root: folder, files, workers, environment: process.env });
}
