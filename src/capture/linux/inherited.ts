import fs from "node:fs";
import { fileLimitOf, setFileLimit } from "../../sys/limits.ts";
import { readText } from "../../sys/processes.ts";
import { readStartRecord, type StartRecord } from "./start-record.ts";

/**
 * What a step must find as if the recorder were not there. While it starts, Bun ignores SIGPIPE and SIGXFSZ, raises the
 * soft limit of open files to the hard one, and marks every descriptor above 3 close-on-exec. Our executable records the
 * signals and the limit before that; the npm package derives them from its parent process, which is wrong if a shell
 * replaced itself by it (`exec`).
 */
export interface Inherited {
  /** Descriptors above stderr that the caller left open for us. */
  readonly descriptors: readonly number[];
  /** Signals to set back to their default action in the child. */
  readonly defaultSignals: readonly number[];
  /**
   * The working directory that the child gets: a path in /proc that leads to the caller's directory if that was deleted.
   * Undefined if the child inherits ours.
   */
  readonly directory: string | undefined;
}

/** SIGPIPE and SIGXFSZ. */
const BUNS_SIGNALS = [13, 25];
/** The two real-time signals that glibc keeps for itself; its posix_spawn leaves them ignored. */
const LIBC_SIGNALS = [32, 33];
/** Shells pass on the signals that they ignore; most other programs that ignore SIGPIPE reset it for their children. */
const SHELL = /^(?:ba|da|z|k|mk|a|fi|pdk|ya)?sh$|^busybox$/;

let start: StartRecord | undefined;

/** Call it before this process opens any descriptor. */
export function readInherited(): Inherited {
  const descriptors = inheritedDescriptors();
  start = readStartRecord();
  if (!start) {
    const defaultSignals = [...LIBC_SIGNALS, ...notIn(parentsIgnored(), BUNS_SIGNALS)];
    return { descriptors, defaultSignals, directory: undefined };
  }
  const { ignoredSignals, directory } = start;
  return {
    descriptors: descriptors.filter((fd) => fd !== directory),
    defaultSignals: notIn(ignoredSignals, [...LIBC_SIGNALS, ...BUNS_SIGNALS]),
    directory: directory === null ? undefined : `/proc/self/fd/${directory}`,
  };
}

/** Sets the soft limit of open files to the caller's, for the child to inherit. Returns a function that restores ours. */
export function restoreFileLimit(): () => void {
  const own = fileLimitOf();
  if (own === null) return () => {};
  const soft = start ? start.fileLimit : parentsFileLimit(own.hard);
  if (soft === undefined || soft === own.soft) return () => {};
  setFileLimit({ soft, hard: own.hard });
  return () => setFileLimit(own);
}

/** The parent's soft limit; undefined if its hard limit differs from ours, because both were then set after it started us. */
function parentsFileLimit(hard: bigint): bigint | undefined {
  const parents = fileLimitOf(process.ppid);
  if (parents !== null) return parents.hard === hard ? parents.soft : undefined;
  // The parent is another user's process (sudo). Everybody may read its limits in /proc.
  const limits = readText(`/proc/${process.ppid}/limits`).match(/^Max open files\s+(\d+)\s+(\d+)/m);
  return limits && BigInt(limits[2]!) === hard ? BigInt(limits[1]!) : undefined;
}

function inheritedDescriptors(): number[] {
  return openDescriptors()
    .map(Number)
    .filter((fd) => fd > 2 && !isOurs(fd));
}

function openDescriptors(): string[] {
  try {
    return fs.readdirSync("/proc/self/fd");
  } catch {
    return []; // no descriptor is free for listing them
  }
}

/** Bun's event loop consists of anonymous inodes. The descriptor that listed the directory is closed by now. */
function isOurs(fd: number): boolean {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith("anon_inode:");
  } catch {
    return true;
  }
}

/** The signals that the shell that started us ignores: we inherited them. Empty if our parent is no shell. */
function parentsIgnored(): bigint {
  const status = readText(`/proc/${process.ppid}/status`);
  const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? "";
  return SHELL.test(name) ? BigInt(`0x${/^SigIgn:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`) : 0n;
}

function notIn(mask: bigint, signals: readonly number[]): number[] {
  return signals.filter((signal) => ((mask >> BigInt(signal - 1)) & 1n) === 0n);
}
