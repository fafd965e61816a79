import fs from "node:fs";
import path from "node:path";
import { ScenariologError, usageError } from "../errors.ts";
import { isIndependent } from "./independence.ts";

/** A script that `record` is to run as a step. */
export interface PlannedStep {
  readonly num: number;
  readonly name: string;
  /** The file as the user named it, or as it was found. */
  readonly script: string;
  /** Says of itself that it needs no other step, and disturbs none. */
  readonly independent: boolean;
}

export interface Plan {
  readonly steps: readonly PlannedStep[];
  /** Files that were found, would be steps by their name, and cannot be run. */
  readonly notExecutable: readonly string[];
}

/** `07-status.sh`, `007_status`, `7.status.py`: the number and the name. */
const NUMBERED = /^(\d+)[-_.]+(.*)$/;
/** What editors and patches leave beside a script, executable as it is. */
const LEFTOVER = /~$|\.(?:bak|orig|rej|sw[op]|tmp)$/;
const GLOB = /[*?[{]/;

/**
 * The steps that scripts, directories and globs mean, in order. Throws USAGE for what is not there, holds no steps, or is
 * a script that cannot be run: one that is named is to be run, and one that is only found may be switched off on purpose.
 */
export function planOf(operands: readonly string[]): Plan {
  const notExecutable: string[] = [];
  const scripts = operands.flatMap((operand) => scriptsOf(operand, notExecutable));
  return { steps: numbered(scripts), notExecutable };
}

function scriptsOf(operand: string, notExecutable: string[]): string[] {
  const stat = fs.statSync(operand, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return scriptsIn(operand, notExecutable);
  if (stat) {
    if (isExecutable(operand)) return [operand];
    throw usageError(`${operand} is not executable`, `chmod +x ${operand}`);
  }
  if (GLOB.test(operand)) return scriptsMatching(operand, notExecutable);
  throw usageError(`there is no ${operand}`, "a step is a script, a directory of NN-* scripts, or a glob");
}

function scriptsIn(dir: string, notExecutable: string[]): string[] {
  const files = filesOf(dir).filter((name) => NUMBERED.test(name) && !LEFTOVER.test(name));
  const found = files.sort(byNumber).map((name) => path.join(dir, name));
  return executableOf(found, notExecutable, `${dir} holds no executable NN-* scripts`);
}

function filesOf(dir: string): string[] {
  try {
    return fs.readdirSync(dir).filter((name) => fs.statSync(path.join(dir, name), { throwIfNoEntry: false })?.isFile());
  } catch (error) {
    throw new ScenariologError("FILE", `${dir} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function scriptsMatching(glob: string, notExecutable: string[]): string[] {
  const files = [...new Bun.Glob(glob).scanSync({ onlyFiles: true, followSymlinks: true })];
  if (files.length === 0) throw usageError(`nothing matches ${glob}`);
  const found = files.filter((file) => !LEFTOVER.test(file));
  found.sort((a, b) => path.dirname(a).localeCompare(path.dirname(b)) || byNumber(path.basename(a), path.basename(b)));
  return executableOf(found, notExecutable, `nothing that matches ${glob} is executable`);
}

function executableOf(files: readonly string[], notExecutable: string[], none: string): string[] {
  const executable = files.filter(isExecutable);
  const others = files.filter((file) => !executable.includes(file));
  if (executable.length > 0) {
    notExecutable.push(...others);
    return executable;
  }
  throw usageError(none, others.length === 0 ? undefined : `make them executable: chmod +x ${others.join(" ")}`);
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** 2-x before 10-x; files without a number behind, by name. */
function byNumber(a: string, b: string): number {
  const [left, right] = [NUMBERED.exec(a), NUMBERED.exec(b)];
  if (left && right) return Number(left[1]) - Number(right[1]) || compare(a, b);
  return left ? -1 : right ? 1 : compare(a, b);
}

/** As a shell in the C locale sorts: the same order everywhere. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The numbers are those of the files' names, where every file has one of its own; else each step's is its place. A mixture
 * would give the same number to two.
 */
function numbered(scripts: readonly string[]): PlannedStep[] {
  const own = scripts.map((script) => Number(NUMBERED.exec(path.basename(script))?.[1] ?? Number.NaN));
  const ownCount = new Set(own.filter(Number.isSafeInteger)).size === scripts.length;
  return scripts.map((script, i) => ({
    num: ownCount ? own[i]! : i + 1,
    name: nameOf(script),
    script,
    independent: isIndependent(script),
  }));
}

function nameOf(script: string): string {
  const file = path.basename(script);
  const rest = NUMBERED.exec(file)?.[2] || file;
  return path.parse(rest).name || file;
}
