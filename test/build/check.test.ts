import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { readTestCounts } from "../../scripts/check/counts.ts";
import { newFolder, removeFolders, root, run } from "./built.ts";

afterAll(removeFolders);

describe("the counts of the check", () => {
  test("are those that bun test really prints", async () => {
    const folder = newFolder("counts");
    const lines = [
      'import { afterAll, expect, test } from "bun:test";',
      'test("passes", () => console.log(" 9 pass\\n 9 fail\\nRan 9 tests"));',
      'test("fails", () => expect(1).toBe(2));',
      'test.skip("skipped", () => {});',
    ];
    await Bun.write(join(folder, "a.test.ts"), lines.join("\n"));
    await Bun.write(join(folder, "b.test.ts"), 'throw new Error("between tests");');
    const { stdout, stderr } = await run([process.execPath, "test"], folder);
    expect(readTestCounts(stdout + stderr)).toEqual({ passed: 1, failed: 2 });
  });

  test("are absent when a run died before its summary", () => {
    expect(readTestCounts("bun test v1.4.5\n\na.test.ts:\n 3 pass\nSegmentation fault\n")).toBeUndefined();
  });
});

test("everything that starts Bun by its version starts the pinned one", async () => {
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
