import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { DATABASE_NAME, findDatabase } from "../../src/cli/argv/find-database.ts";
import { tempDir } from "../support/program.ts";

/** A tree of directories; returns its real path. */
function tree(...dirs: string[]): string {
  const root = fs.realpathSync(tempDir());
  for (const dir of dirs) fs.mkdirSync(path.join(root, dir), { recursive: true });
  return root;
}

test("the nearest database is found, here or above", () => {
  const root = tree("a/b/c");
  fs.writeFileSync(path.join(root, DATABASE_NAME), "");
  expect(findDatabase(path.join(root, "a/b/c"), "/nonexistent")).toBe(path.join(root, DATABASE_NAME));
  fs.writeFileSync(path.join(root, "a/b", DATABASE_NAME), "");
  expect(findDatabase(path.join(root, "a/b/c"), "/nonexistent")).toBe(path.join(root, "a/b", DATABASE_NAME));
});

test("the search ends at a repository's root, which is searched as well, and at the home directory", () => {
  const root = tree("repo/.git", "repo/deep", "worktree/deep", "home/deep");
  fs.writeFileSync(path.join(root, "worktree/.git"), "gitdir: elsewhere\n");
  fs.writeFileSync(path.join(root, DATABASE_NAME), "");
  const home = path.join(root, "home");
  for (const dir of ["repo/deep", "worktree/deep", "home/deep"])
    expect(findDatabase(path.join(root, dir), home)).toBeNull();
  fs.writeFileSync(path.join(root, "repo", DATABASE_NAME), "");
  expect(findDatabase(path.join(root, "repo/deep"), home)).toBe(path.join(root, "repo", DATABASE_NAME));
});

test("a directory of that name, a dangling link and a missing start directory do not count", () => {
  const root = tree("a/.git", `a/${DATABASE_NAME}`, "b/.git");
  fs.symlinkSync("nowhere", path.join(root, "b", DATABASE_NAME));
  for (const dir of ["a", "b", "gone"]) expect(findDatabase(path.join(root, dir), undefined)).toBeNull();
});

test.skipIf(process.geteuid?.() !== 0)("a file or link of another user is passed over", () => {
  const root = tree("up/here");
  const planted = path.join(root, "up", DATABASE_NAME);
  fs.writeFileSync(planted, "");
  fs.chownSync(planted, 65_534, 65_534);
  expect(findDatabase(path.join(root, "up/here"), "/nonexistent")).toBeNull();
  fs.writeFileSync(path.join(root, "own"), "");
  fs.rmSync(planted);
  fs.symlinkSync(path.join(root, "own"), planted);
  fs.lchownSync(planted, 65_534, 65_534);
  expect(findDatabase(path.join(root, "up/here"), "/nonexistent")).toBeNull();
});
