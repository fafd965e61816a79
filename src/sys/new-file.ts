import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";

/**
 * Opens a new file: exclusive, so that neither an earlier log nor a link that somebody planted is written through.
 * Whatever has the name is renamed, never overwritten; its new names are added to `movedAside`. Throws the system's
 * error.
 */
export function openNew(file: string, movedAside: string[]): number {
  for (let tries = 0; ; tries++) {
    try {
      // Appending: what the step itself does to the file then spoils no more than it must.
      return fs.openSync(file, "ax+", 0o666);
    } catch (error) {
      // Other recorders may be at the same name at the same moment; each of them gets through once.
      if (systemCode(error) !== "EEXIST" || tries === 1000) throw error;
      const aside = moveAside(file);
      if (aside !== null) movedAside.push(aside);
    }
  }
}

/**
 * The new name is taken first, by an empty file or directory that the renaming replaces: two recorders at once never
 * rename onto each other. It is never the old name, though that may be free by now: renamed onto itself, the empty file
 * would stay. Null when somebody else was faster.
 */
function moveAside(file: string): string | null {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return null;
  const aside = stat.isDirectory() ? makeFreeDirectory(file) : makeFree(file, numberedName).close();
  try {
    fs.renameSync(file, aside);
    return aside;
  } catch (error) {
    if (stat.isDirectory()) fs.rmdirSync(aside);
    else fs.rmSync(aside, { force: true });
    // Another one has moved it meanwhile, or put a file where a directory was.
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(systemCode(error) ?? "")) return null;
    throw error;
  }
}

/** A new empty file with this name or a numbered one. Throws the system's error. */
export function makeFree(file: string, nameFor = freeName): { file: string; fd: number; close: () => string } {
  return untilFree(file, nameFor, (name) => {
    const fd = fs.openSync(name, "wx+", 0o666);
    return {
      file: name,
      fd,
      close: () => {
        fs.closeSync(fd);
        return name;
      },
    };
  });
}

function makeFreeDirectory(file: string): string {
  return untilFree(file, numberedName, (name) => {
    fs.mkdirSync(name);
    return name;
  });
}

function untilFree<T>(file: string, nameFor: (file: string) => string, make: (name: string) => T): T {
  for (let tries = 0; ; tries++) {
    try {
      return make(nameFor(file));
    } catch (error) {
      if (systemCode(error) !== "EEXIST" || tries === 1000) throw error;
    }
  }
}

/** `step-01-stdout.txt`, `step-01-stdout.1.txt`, `step-01-stdout.2.txt`…: one that is not there, nearly the first. */
export function freeName(file: string): string {
  return isFree(file) ? file : numberedName(file);
}

function numberedName(file: string): string {
  const { dir, name, ext } = path.parse(file);
  const numbered = (number: number) => path.join(dir, `${name}.${number}${ext}`);
  // Not one by one: a log dir may have seen thousands of runs.
  let taken = 0;
  let free = 1;
  while (!isFree(numbered(free))) [taken, free] = [free, free * 2];
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2);
    if (isFree(numbered(middle))) free = middle;
    else taken = middle;
  }
  return numbered(free);
}

function isFree(file: string): boolean {
  return !fs.lstatSync(file, { throwIfNoEntry: false });
}
