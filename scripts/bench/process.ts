import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ScriptError } from "../build/project.ts";

export interface Command {
  readonly argv: readonly string[];
  /** Files that are emptied and take its output; if absent, the output is dropped. */
  readonly stdout?: string;
  readonly stderr?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The expected exit code: a program that fails early must not pass for a fast one. */
  readonly code?: number;
}

/** Milliseconds from before the files are opened until the process has been waited for. */
export function wallMs(command: Command): number {
  const startedAt = Bun.nanoseconds();
  const stdout = openFor(command.stdout);
  const stderr = openFor(command.stderr);
  const { exitCode } = Bun.spawnSync([...command.argv], {
    env: environment(command),
    stdio: ["ignore", stdout, stderr],
  });
  for (const fd of [stdout, stderr]) if (typeof fd === "number") closeSync(fd);
  const ms = (Bun.nanoseconds() - startedAt) / 1e6;
  expectCode(command, exitCode);
  return ms;
}

/** Returns what it prints on stdout. */
export function textOf(command: Command): string {
  const { exitCode, stdout } = Bun.spawnSync([...command.argv], {
    env: environment(command),
    stdio: ["ignore", "pipe", "ignore"],
  });
  expectCode(command, exitCode);
  return stdout.toString();
}

/**
 * A process's peak of resident memory in bytes, by time(1) if it exists: a child inherits this process's size as its floor,
 * and time is small. Else the last value of /proc, or undefined.
 */
export async function peakBytes(command: Command, dir: string): Promise<number | undefined> {
  const time = Bun.which("time");
  if (time === null) return await lastPeak(command);
  const report = join(dir, "peak");
  wallMs({ ...command, argv: [time, "-f", "%M", "-o", report, ...command.argv] });
  const kilobytes = readFileSync(report, "utf8").trim().split("\n").at(-1);
  return Number(kilobytes) * 1024;
}

async function lastPeak(command: Command): Promise<number | undefined> {
  const child = Bun.spawn([...command.argv], {
    env: environment(command),
    stdio: ["ignore", command.stdout ? Bun.file(command.stdout) : "ignore", "ignore"],
  });
  let peak: number | undefined;
  while (child.exitCode === null && child.signalCode === null) {
    peak = peakSoFar(child.pid) ?? peak;
    await Bun.sleep(1);
  }
  expectCode(command, child.exitCode);
  return peak;
}

function peakSoFar(pid: number): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

function openFor(path: string | undefined): number | "ignore" {
  return path === undefined ? "ignore" : openSync(path, "w");
}

/** The caller's environment, without variables that steer a recorder or a program compiled by Bun. */
export function environment(command: Command): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(SCENARIOLOG|BUN)_/.test(name));
  return { ...Object.fromEntries(inherited), ...command.environment };
}

function expectCode({ argv, code = 0 }: Command, exitCode: number | null): void {
  if (exitCode === code) return;
  const shown = argv.map((word) => (word.length > 60 ? `${word.slice(0, 60)}…` : word)).join(" ");
  throw new ScriptError(`${shown}: ended with ${exitCode}, not ${code}`);
}
