import fs from "node:fs";

/** By this line, among its first ten, a script says that it may run beside others that say so as well. */
const MARK = /^\s*(?:#|\/\/|--|;)\s*scenariolog:\s*independent\s*$/;
const LINES = 10;
const HEAD_BYTES = 4096;

/** False for what cannot be read: then it cannot be run as a script either. */
export function isIndependent(file: string): boolean {
  return headOf(file)
    .split("\n", LINES)
    .some((line) => MARK.test(line));
}

function headOf(file: string): string {
  try {
    const fd = fs.openSync(file, "r");
    try {
      const buffer = Buffer.alloc(HEAD_BYTES);
      return buffer.toString("latin1", 0, fs.readSync(fd, buffer));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return "";
  }
}
