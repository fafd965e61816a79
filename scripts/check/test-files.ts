import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ScriptError } from "../build/project.ts";

export interface TestFile {
  /** Relative to the checkout, with slashes. */
  path: string;
  mark?: Mark;
  /** Whether it tests modules and never starts the program, which shows in its folder. */
  isUnit: boolean;
}

export type Mark = "alone" | "smoke";

const marks: readonly string[] = ["alone", "smoke"] satisfies Mark[];

/** Folders of tests that start the program, build it or read the documents. */
const integrationFolders = ["build", "cli", "docs", "fuzz"];

/** All names that `bun test` would find by itself. */
const testFileNames = new Bun.Glob("**/*{.test,_test,.spec,_spec}.{ts,tsx,mts,cts,js,jsx,mjs,cjs}");

/** Every test file below `test/` of `root`, in the order of their names. Throws a {@link ScriptError} for an odd mark. */
export function findTestFiles(root: string): TestFile[] {
  const names = [...testFileNames.scanSync({ cwd: join(root, "test") })];
  return names.sort().map((name) => {
    const path = posix.join("test", name.replaceAll("\\", "/"));
    const mark = markOf(path, readFileSync(join(root, path), "utf8"));
    return { path, isUnit: !integrationFolders.includes(path.split("/")[1]!), ...(mark && { mark }) };
  });
}

/** What a line `// check: WORD, REASON` says; undefined if there is no such line. */
function markOf(path: string, text: string): Mark | undefined {
  const found = [...text.matchAll(/^\/\/ check: *(.*)$/gm)].map(([, words]) => words!.split(/[,\s]/)[0]!);
  if (found.length > 1) throw new ScriptError(`${path} has ${found.length} lines "// check: …": leave one of them`);
  const [mark] = found;
  if (mark !== undefined && !marks.includes(mark)) {
    throw new ScriptError(`${path} says "// check: ${mark}": the words known are ${marks.join(" and ")}`);
  }
  return mark as Mark | undefined;
}
