import { afterAll } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { tempDir } from "./program.ts";

const mounted: string[] = [];

/**
 * A directory that shows `dir` and that nobody can write to, root neither. Null where this machine does not let us
 * mount: then there is nothing to test with.
 */
export function readOnlyView(dir: string): string | null {
  const view = path.join(tempDir(), "view");
  fs.mkdirSync(view);
  if (!mount("--bind", dir, view)) return null;
  mounted.push(view);
  return mount("-o", "remount,ro,bind", view) ? view : null;
}

export function canMount(): boolean {
  return process.platform === "linux" && readOnlyView(tempDir()) !== null;
}

function mount(...args: string[]): boolean {
  try {
    return Bun.spawnSync(["mount", ...args], { stderr: "ignore" }).exitCode === 0;
  } catch {
    return false; // no such program
  }
}

afterAll(() => {
  for (const view of mounted.splice(0)) Bun.spawnSync(["umount", "-l", view]);
});
