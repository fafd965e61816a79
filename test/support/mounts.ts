import fs from "node:fs";
import path from "node:path";
import { atEnd } from "./cleanup.ts";
import { tempDir } from "./program.ts";

/** A separate file system, so small that a test can fill it. Null if this machine does not allow mounts. */
export function smallDisk(options: { size?: string; inodes?: number } = {}): string | null {
  const dir = path.join(tempDir(), "disk");
  fs.mkdirSync(dir);
  const { size = "1m", inodes } = options;
  const flags = `size=${size}${inodes === undefined ? "" : `,nr_inodes=${inodes}`}`;
  return mount(dir, "-t", "tmpfs", "-o", flags, "tmpfs") ? dir : null;
}

/** Makes a directory read-only, for root as well, until the returned function is called. Null if that is not possible. */
export function freeze(dir: string): (() => void) | null {
  return mountReadOnly(dir, dir) ? () => unmount(dir) : null;
}

/**
 * A directory that shows `dir`, and to which nobody can write, not even root. Null if this machine does not allow mounts.
 */
export function readOnlyView(dir: string): string | null {
  const view = path.join(tempDir(), "view");
  fs.mkdirSync(view);
  return mountReadOnly(dir, view) ? view : null;
}

/** Writes a file `filler` into a directory until not one more byte fits. */
export function fill(dir: string): void {
  const fd = fs.openSync(path.join(dir, "filler"), "a");
  try {
    for (let bytes = 1 << 16; bytes >= 1; bytes >>= 1) {
      try {
        for (;;) fs.writeSync(fd, new Uint8Array(bytes));
      } catch {
        // ENOSPC: a smaller piece may still fit
      }
    }
  } finally {
    fs.closeSync(fd);
  }
}

/** Whether this machine allows mounts at all: a container may lack that right. */
export const canMount = process.platform === "linux" && smallDisk() !== null;

function mountReadOnly(dir: string, on: string): boolean {
  if (!mount(on, "--bind", dir)) return false;
  if (mount(on, "-o", "remount,ro,bind")) return true;
  unmount(on);
  return false;
}

/** Mounts on `dir` until the tests of the file have run. */
function mount(dir: string, ...args: string[]): boolean {
  try {
    if (Bun.spawnSync(["mount", ...args, dir], { stderr: "ignore" }).exitCode !== 0) return false;
  } catch {
    return false; // no such program
  }
  atEnd(() => unmount(dir));
  return true;
}

/** Does nothing if nothing is mounted there any more. */
function unmount(dir: string): void {
  Bun.spawnSync(["umount", "-l", dir], { stderr: "ignore" });
}
