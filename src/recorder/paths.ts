import path from "node:path";

/** Where a step's logs go: `logDir` within `rootDir`, unless it is absolute. Absolute. */
export function logDirOf(rootDir: string, logDir: string): string {
  return path.resolve(rootDir, logDir);
}

/** A file's path as the database keeps it: relative to `rootDir`, with `/`, where it lies in there; else absolute. */
export function storedPath(rootDir: string, file: string): string {
  const relative = path.relative(path.resolve(rootDir), path.resolve(file));
  if (relative === "" || relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
    return path.resolve(file);
  }
  return relative.split(path.sep).join("/");
}

/** The file that a stored path means, given the run's root_dir. Absolute when root_dir is. */
export function fileOf(rootDir: string, stored: string): string {
  return path.resolve(rootDir, stored);
}
