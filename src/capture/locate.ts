import fs from "node:fs";
import path from "node:path";
import { systemCode } from "../errors.ts";
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
  // Not `path.resolve`: it would take `..` away from a link, or from a directory that has no path.
  const full = path.isAbsolute(file) ? file : `${cwd}/${file}`;
  const stat = statOf(full);
  if (typeof stat === "string") return whyNotThere(file, full, stat);
  if (stat.isDirectory()) return notExecutable(`${file} is a directory`);
  return isRunnableFile(full) ? undefined : whyNotExecutable(file, full, stat);
}

/** Whether the system would start this file: permissions and the mount allow it. */
export function isRunnableFile(file: string | Buffer): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function whyNotThere(file: string, full: string, code: string): Exit {
  if (code === "EACCES") return notExecutable(`${file}: permission denied on the way to it`);
  if (code === "ELOOP") return notFound(`${named(file)} is a link that leads back to itself`);
  const target = linkTarget(full);
  return target === null
    ? notFound(`${named(file)}: no such file`)
    : notFound(`${named(file)} is a link to ${target}, which does not exist`);
}

function whyNotExecutable(file: string, full: string, stat: fs.Stats): Exit {
  const byHand = `run a script by its interpreter, such as: bash ${file}`;
  if ((stat.mode & 0o111) === 0) {
    return notExecutable(`${file}: permission denied`, `make it executable (chmod +x), or ${byHand}`);
  }
  const mount = noexecMountOf(full);
  if (mount !== null) {
    return notExecutable(`${file}: permission denied, as ${mount} is mounted noexec`, byHand);
  }
  const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
  return notExecutable(
    `${file}: permission denied: its mode is ${mode}, its owner ${stat.uid}, and you are ${userId()}`,
  );
}

function userId(): string {
  return `user ${process.getuid?.() ?? "?"}`;
}

/** The mount point that a file lies on, if nothing may be executed there; null if that is not so, or not known. */
function noexecMountOf(file: string): string | null {
  try {
    const real = fs.realpathSync(file);
    const mounts = fs.readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    let [longest, isNoexec] = ["", false];
    for (const line of mounts) {
      const [, , , , escaped = "", options = ""] = line.split(" ");
      const point = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      );
      const holds = point === "/" || real.startsWith(`${point}/`) || real === point;
      // Of several mounts at one place the last one is seen.
      if (point === "" || !holds || point.length < longest.length) continue;
      [longest, isNoexec] = [point, options.split(",").includes("noexec")];
    }
    return isNoexec ? longest : null;
  } catch {
    return null;
  }
}

function linkTarget(file: string): string | null {
  try {
    return fs.readlinkSync(file);
  } catch {
    return null;
  }
}

function codeIs126(exit: Exit): boolean {
  return exit.kind === "not-started" && exit.code === 126;
}

/** The code of the error if it cannot be looked at. */
function statOf(file: string): fs.Stats | string {
  try {
    return fs.statSync(file);
  } catch (error) {
    return systemCode(error) ?? "ENOENT";
  }
}
