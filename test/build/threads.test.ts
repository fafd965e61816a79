import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";

const root = path.join(import.meta.dir, "../..");
const src = path.join(root, "src");

test("a thread's name in the executable is that of an entry point that the build puts there", () => {
  const build = fs.readFileSync(path.join(root, "scripts/build/compile.ts"), "utf8");
  const names = [...new Bun.Glob("**/*.ts").scanSync(src)].flatMap((file) => {
    const text = fs.readFileSync(path.join(src, file), "utf8");
    return [...text.matchAll(/\$bunfs\/"\) \? "\.\/([^"]+)"/g)].map(([, name]) => name!);
  });
  expect(names).toHaveLength(2);
  expect(names.filter((name) => !fs.existsSync(path.join(src, name)))).toEqual([]);
  expect(names.filter((name) => !build.includes(`"src/${name}"`))).toEqual([]);
});
