import fs from "node:fs";
import path from "node:path";
import type { Exit } from "../model/exit.ts";

/**
 * The file that a shell would run for `command`: with a slash as it is (relative to the child's directory `cwd`),
 * else the first executable of that name in PATH; in the words that execve gets, since a script sees them as $0.
 * Otherwise why it cannot be run, as a shell would put it: 127 or 126.
 */
export function locate(command: string, cwd: string, searchPath: string | undefined): string | Exit {
  if (command === "") return notFound("the command is empty");
  if (process.platform === "win32") {
    return Bun.which(command, { cwd, PATH: searchPath ?? "" }) ?? notFound(`${named(command)}: not found in PATH`);
  }
  if (command.includes("/")) return checkFile(command, cwd) ?? command;
  let blocked: Exit | undefined;
  for (const dir of (searchPath ?? "/usr/local/bin:/usr/bin:/bin").split(":")) {
    const file = `${dir === "" ? "." : dir}/${command}`;
    const problem = checkFile(file, cwd);
    if (!problem) return file;
    if (codeIs126(problem)) blocked ??= problem;
  }
  return blocked ?? notFound(`${named(command)}: not found in PATH`);
}

/** A name that would not be seen for one, in quotes. */
function named(command: string): string {
  return /^\s|\s$/.test(command) ? JSON.stringify(command) : command;
}

export function notFound(reason: string, hint?: string): Exit {
  return { kind: "not-started", code: 127, reason, ...(hint === undefined ? {} : { hint }) };
}

export function notExecutable(reason: string, hint?: string): Exit {
  return { kind: "not-started", code: 126, reason, ...(hint === undefined ? {} : { hint }) };
}

function checkFile(file: string, cwd: string): Exit | undefined {
  const full = path.resolve(cwd, file);
  const stat = statOf(full);
  if (!stat) return notFound(`${named(file)}: no such file`);
  if (stat.isDirectory()) return notExecutable(`${file} is a directory`);
  try {
    fs.accessSync(full, fs.constants.X_OK);
    return undefined;
  } catch {
    return notExecutable(`${file}: permission denied`, `make it executable (chmod +x), or run it as: bash ${file}`);
  }
}

function codeIs126(exit: Exit): boolean {
  return exit.kind === "not-started" && exit.code === 126;
}

function statOf(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined; // ENOTDIR, ELOOP, EACCES on the way: not there for us
  }
}
