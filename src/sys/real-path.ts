import fs from "node:fs";
import path from "node:path";

/** The one path of a file or directory that is there, links followed; null where it is not, or cannot be looked at. */
export function realPathOf(file: string): string | null {
  try {
    return fs.realpathSync(path.resolve(file));
  } catch {
    return null;
  }
}

/** The one name of a file, through whatever links its directory was reached: rows of `log_files` are found by it. */
export function realName(file: string): string {
  try {
    return path.join(fs.realpathSync(path.dirname(file)), path.basename(file));
  } catch {
    return file;
  }
}

/** Whether a real path is that of a directory, or below it. */
export function isWithin(dir: string, real: string): boolean {
  return real === dir || real.startsWith(dir.endsWith(path.sep) ? dir : dir + path.sep);
}
