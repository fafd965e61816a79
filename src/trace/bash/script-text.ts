import fs from "node:fs";

/** A larger file is no script. */
export const SOURCE_BYTES = 4 << 20;

/**
 * The text of a script, in Latin-1, since only its ASCII matters. Null for anything but a regular file, for a binary, and for
 * a file that cannot be read or is too large.
 */
export function scriptText(file: string): string | null {
  try {
    const stat = fs.statSync(file);
    if (!stat.isFile() || stat.size > SOURCE_BYTES) return null;
    const fd = fs.openSync(file, "r");
    try {
      // A program of some megabytes shows in its first bytes that it is no script.
      const head = Buffer.alloc(Math.min(stat.size, 4096));
      fs.readSync(fd, head, 0, head.length, 0);
      if (head.includes(0)) return null;
      const all = Buffer.alloc(stat.size);
      return all.toString("latin1", 0, fs.readSync(fd, all, 0, all.length, 0));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return null;
  }
}

export function isFile(file: string): boolean {
  try {
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
