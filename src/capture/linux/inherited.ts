import fs from "node:fs";
import { fileLimitOf, setFileLimit } from "../../sys/limits.ts";
import { readText } from "../../sys/processes.ts";
import { readStartRecord, type StartRecord } from "./start-record.ts";

/**
 * What a step must find as if we were not there. Bun, while it starts, ignores SIGPIPE and SIGXFSZ, raises the soft
 * limit of open files to the hard one, and marks every descriptor above 3 close-on-exec. Our executable notes down what
 * the two were; for the npm package they are guessed from our parent, which is wrong where a shell was exec'ed over.
 */
export interface Inherited {
  /** Descriptors above stderr that the caller left open for us. */
  readonly descriptors: readonly number[];
  /** Signals to set back to their default action in the child. */
  readonly defaultSignals: readonly number[];
}

/** SIGPIPE and SIGXFSZ. */
const BUNS_SIGNALS = [13, 25];
/** glibc's own two real-time signals, which its posix_spawn leaves ignored. */
const LIBC_SIGNALS = [32, 33];
/** Shells hand on what they ignore; other programs that ignore SIGPIPE mostly set it back for their children. */
const SHELL = /^(?:ba|da|z|k|mk|a|fi|pdk|ya)?sh$|^busybox$/;

let start: StartRecord | undefined;

/** To be called before we open anything ourselves. */
export function readInherited(): Inherited {
  const descriptors = inheritedDescriptors();
  start = readStartRecord();
  if (!start) return { descriptors, defaultSignals: [...LIBC_SIGNALS, ...notIn(parentsIgnored(), BUNS_SIGNALS)] };
  return { descriptors, defaultSignals: notIn(start.ignoredSignals, [...LIBC_SIGNALS, ...BUNS_SIGNALS]) };
}

/** Sets the soft limit of open files to the caller's, for the child to inherit. Returns what gives us ours back. */
export function restoreFileLimit(): () => void {
  const own = fileLimitOf();
  if (own === null) return () => {};
  const soft = start ? start.fileLimit : parentsFileLimit(own.hard);
  if (soft === undefined || soft === own.soft) return () => {};
  setFileLimit({ soft, hard: own.hard });
  return () => setFileLimit(own);
}

/** The parent's soft limit, if its hard one is as ours: else both were set between it and us, and it tells nothing. */
function parentsFileLimit(hard: bigint): bigint | undefined {
  const parents = fileLimitOf(process.ppid);
  if (parents !== null) return parents.hard === hard ? parents.soft : undefined;
  // Another user's process (sudo): its limits are in /proc for everyone to read.
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
    return []; // none is free to list them with
  }
}

/** Bun's event loop is made of anonymous inodes; the listing's own descriptor is closed by now. */
function isOurs(fd: number): boolean {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith("anon_inode:");
  } catch {
    return true;
  }
}

/** What the shell that started us ignores: then we were started so. */
function parentsIgnored(): bigint {
  const status = readText(`/proc/${process.ppid}/status`);
  const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? "";
  return SHELL.test(name) ? BigInt(`0x${/^SigIgn:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`) : 0n;
}

function notIn(mask: bigint, signals: readonly number[]): number[] {
  return signals.filter((signal) => ((mask >> BigInt(signal - 1)) & 1n) === 0n);
}
