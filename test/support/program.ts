import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { atEnd } from "./cleanup.ts";

/** The program under test: the executable that SCENARIOLOG_BIN names, else the source. */
export const program: readonly string[] = process.env.SCENARIOLOG_BIN
  ? [path.resolve(process.env.SCENARIOLOG_BIN)]
  : [process.execPath, "--no-env-file", "--config=/dev/null", path.join(import.meta.dir, "../../src/main.ts")];

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly signal: string | number | null;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to a small, fixed environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: "ignore" | "inherit" | Blob;
}

/**
 * The environment without SCENARIOLOG_* variables, which exist if the tests run inside a recorded step, and with a separate
 * directory for the user's state.
 */
export const cleanEnv: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith("SCENARIOLOG_"),
    ),
  ),
  XDG_STATE_HOME: tempDir(),
};

/** Runs the program with these arguments to its end. */
export async function scenariolog(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return run([...program, ...args], options);
}

/** Runs any command to its end. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = Bun.spawn([...argv], {
    cwd: options.cwd ?? os.tmpdir(),
    env: { ...cleanEnv, ...options.env },
    stdin: options.stdin ?? "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, code: child.exitCode, signal: child.signalCode };
}

/** A bash script in which `scenariolog` is the program under test. */
export async function bash(script: string, options: RunOptions = {}): Promise<Result> {
  const shim = `scenariolog() { ${program.map((word) => `'${word}'`).join(" ")} "$@"; }\n`;
  return run(["bash", "-c", shim + script], options);
}

/** A new empty directory, which is removed after the tests. */
export function tempDir(): string {
  const dir = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "scenariolog-test-"));
  atEnd(() => fs.rmSync(dir, { recursive: true, force: true }));
  return dir;
}
