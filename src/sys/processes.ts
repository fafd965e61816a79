import fs from "node:fs";
import { signalNumber } from "./signals.ts";

/** A live process, as /proc shows it (https://man7.org/linux/man-pages/man5/proc.5.html). */
export interface ProcessStat {
  readonly pid: number;
  readonly ppid: number;
  readonly pgrp: number;
  /** Device number of the controlling terminal; 0 is none. */
  readonly tty: number;
  /** The terminal's foreground process group; -1 without a terminal. */
  readonly foregroundGroup: number;
  /** Clock ticks since boot; with the pid it names a process for good. */
  readonly startTicks: string;
  readonly zombie: boolean;
  /** On a CPU, or waiting for one. */
  readonly runnable: boolean;
  /** By SIGSTOP, SIGTSTP and the like. */
  readonly stopped: boolean;
}

/** Null when there is no such process, or no /proc. With `self`, the pid is the one that /proc has for us. */
export function statOf(process: number | "self"): ProcessStat | null {
  const text = readText(`/proc/${process}/stat`);
  // The name, in parentheses, may hold anything: the fields begin behind the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 20) return null;
  return {
    pid: Number.parseInt(text, 10),
    ppid: Number(fields[1]),
    pgrp: Number(fields[2]),
    tty: Number(fields[4]),
    foregroundGroup: Number(fields[5]),
    startTicks: fields[19]!,
    zombie: fields[0] === "Z" || fields[0] === "X",
    runnable: fields[0] === "R",
    stopped: fields[0] === "T",
  };
}

/** Live processes below `root`, parents before their children; not `root` itself, nor what is below `except`. */
export function descendantsOf(root: number, except: ReadonlySet<number> = new Set()): ProcessStat[] {
  const children = Map.groupBy(allProcesses(), (process) => process.ppid);
  const found: ProcessStat[] = [];
  const queue = [root];
  for (let pid = queue.shift(); pid !== undefined; pid = queue.shift()) {
    for (const child of children.get(pid) ?? []) {
      if (except.has(child.pid)) continue;
      if (!child.zombie) found.push(child);
      queue.push(child.pid);
    }
  }
  return found;
}

/** The command line in one line, cut at 200 characters; the name in brackets where there is none. */
export function commandLineOf(pid: number): string {
  const words = readText(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
  if (words.length === 0) return `[${readText(`/proc/${pid}/comm`).trim()}]`;
  const line = words.join(" ");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** Whether a process has one of these open: texts as /proc/PID/fd links to them, `pipe:[123]`. */
export function holds(pid: number, links: ReadonlySet<string>): boolean {
  for (const fd of listOf(`/proc/${pid}/fd`)) if (links.has(linkOf(`/proc/${pid}/fd/${fd}`))) return true;
  return false;
}

export function linkOf(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    return "";
  }
}

/** "" where it cannot be read: processes come and go. */
export function readText(path: string): string {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function allProcesses(): ProcessStat[] {
  return listOf("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((process) => process !== null);
}

function listOf(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch {
    return [];
  }
}

/**
 * Whether a process got a signal that was sent just now. Null where that cannot be told any more: it has a handler, or
 * ignores it, or has ended.
 */
export function gotSignal(pid: number, signal: NodeJS.Signals): boolean | null {
  const [caught, ignored, pending, ofThread] = signalSets(pid, ["SigCgt", "SigIgn", "ShdPnd", "SigPnd"]) as [
    ...[bigint, bigint, bigint, bigint],
  ];
  // The kernel turns a signal that ends a process into a SIGKILL for each of its threads, as soon as it is sent.
  if (hasSignal(pending, signal) || hasSignal(ofThread, "SIGKILL")) return true;
  const stat = statOf(pid);
  if (stat === null || stat.zombie || hasSignal(caught | ignored, signal)) return null;
  return false;
}

/** Whether a process has a handler for this signal. */
export function catches(pid: number, signal: NodeJS.Signals): boolean {
  return hasSignal(signalSet(pid, "SigCgt"), signal);
}

/** A set of signals in /proc/PID/status: SigIgn, SigCgt, ShdPnd… Empty when there is no such process. */
export function signalSet(pid: number | "self", name: string): bigint {
  return signalSets(pid, [name])[0]!;
}

/** The same for several at one moment. */
export function signalSets(pid: number | "self", names: readonly string[]): bigint[] {
  const status = readText(`/proc/${pid}/status`);
  return names.map((name) => {
    const start = status.indexOf(`\n${name}:\t`) + name.length + 3;
    return start < name.length + 3 ? 0n : BigInt(`0x${status.slice(start, status.indexOf("\n", start))}`);
  });
}

export function hasSignal(set: bigint, signal: NodeJS.Signals): boolean {
  return (set & signalBit(signal)) !== 0n;
}

/** The set of this signal alone. */
export function signalBit(signal: NodeJS.Signals): bigint {
  return 1n << BigInt(signalNumber(signal) - 1);
}
