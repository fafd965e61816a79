import path from "node:path";

const LOGS = ".logs";

/** Where a step's logs go: `logDir` within `rootDir`, unless it is absolute. Absolute. */
export function logDirOf(rootDir: string, logDir: string): string {
  return path.resolve(rootDir, logDir);
}

/** The directory that holds the logs of all runs that were told no other: beside their database. Absolute. */
export function defaultLogsDir(database: string): string {
  return path.join(path.dirname(path.resolve(database)), LOGS);
}

/** Where a run's logs go if it was told nothing. Absolute. A run id may be anything that the user said. */
export function defaultLogDir(database: string, runId: string): string {
  const name = runId.replace(process.platform === "win32" ? /[^\w.+-]/g : /[/\\\0]/g, "_");
  return path.join(defaultLogsDir(database), /^\.+$/.test(name) ? `_${name}` : name);
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
