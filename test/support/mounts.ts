import fs from "node:fs";
import path from "node:path";
import { tempDir } from "./program.ts";

const mounted: string[] = [];

/** A file system of its own, so small that a test can fill it. Null where this machine does not let us mount. */
export function smallDisk(options: { size?: string; inodes?: number } = {}): string | null {
  const dir = path.join(tempDir(), "disk");
  fs.mkdirSync(dir);
  const { size = "1m", inodes } = options;
  const flags = `size=${size}${inodes === undefined ? "" : `,nr_inodes=${inodes}`}`;
  if (!mount("-t", "tmpfs", "-o", flags, "tmpfs", dir)) return null;
  mounted.push(dir);
  return dir;
}

/** Makes a directory read-only, for root as well, until the returned function is called. Null where that cannot be. */
export function freeze(dir: string): (() => void) | null {
  if (!mount("--bind", dir, dir)) return null;
  mounted.push(dir);
  const thaw = () => void Bun.spawnSync(["umount", "-l", dir]);
  if (mount("-o", "remount,ro,bind", dir)) return thaw;
  thaw();
  return null;
}

/** Writes into a directory until not a byte more goes in; the file that does it is `filler`. */
export function fill(dir: string): void {
  const fd = fs.openSync(path.join(dir, "filler"), "a");
  try {
    for (let bytes = 1 << 16; bytes >= 1; bytes >>= 1) {
      try {
        for (;;) fs.writeSync(fd, new Uint8Array(bytes));
      } catch {
        // ENOSPC: a smaller piece may still go in
      }
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** Whether this machine lets us mount at all: in a container without the right to, there is nothing to test with. */
export const canMount = process.platform === "linux" && smallDisk() !== null;

function mount(...args: string[]): boolean {
  try {
    return Bun.spawnSync(["mount", ...args], { stderr: "ignore" }).exitCode === 0;
  } catch {
    return false; // no such program
  }
}

/** Called by setup.ts when all test files are done: a hook of this file would belong to the first one only. */
export function unmountAll(): void {
  for (const dir of mounted.splice(0)) Bun.spawnSync(["umount", "-l", dir], { stderr: "ignore" });
}
