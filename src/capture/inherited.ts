import { ptr } from "bun:ffi";
import fs from "node:fs";
import { libc } from "./libc.ts";

/**
 * What a step must find as if we were not there. Bun, while it starts, ignores SIGPIPE and SIGXFSZ, raises the soft
 * limit of open files to the hard one, and marks every descriptor above 3 close-on-exec.
 */
export interface Inherited {
  /** Descriptors above stderr that the caller left open for us. */
  readonly descriptors: readonly number[];
  /** Signals to set back to their default action in the child. */
  readonly defaultSignals: readonly number[];
}

const RLIMIT_NOFILE = 7;
const SIGPIPE = 13;
const SIGXFSZ = 25;
/** glibc's own two real-time signals, which its posix_spawn leaves ignored. */
const LIBC_SIGNALS = [32, 33];
/** Shells hand on what they ignore; other programs that ignore SIGPIPE mostly set it back for their children. */
const SHELL = /^(?:ba|da|z|k|mk|a|fi|pdk|ya)?sh$|^busybox$/;

/** To be called before we open anything ourselves. */
export function readInherited(): Inherited {
  return { descriptors: inheritedDescriptors(), defaultSignals: [...LIBC_SIGNALS, ...signalsToReset()] };
}

/** Sets the soft limit of open files to the caller's, for the child to inherit: ours is not asked what it was. */
export function restoreFileLimit(): void {
  const own = new BigUint64Array(2);
  const parents = new BigUint64Array(2);
  if (libc.prlimit(0, RLIMIT_NOFILE, null, ptr(own)) !== 0) return;
  if (libc.prlimit(process.ppid, RLIMIT_NOFILE, null, ptr(parents)) !== 0) {
    // Another user's process (sudo): its limits are in /proc for everyone to read.
    const limits = readText(`/proc/${process.ppid}/limits`).match(/^Max open files\s+(\d+)\s+(\d+)/m);
    if (!limits) return;
    parents[0] = BigInt(limits[1]!);
    parents[1] = BigInt(limits[2]!);
  }
  // A different hard limit means that it was set between the parent and us: its soft one then tells nothing.
  if (parents[1] !== own[1] || parents[0] === own[0]) return;
  libc.prlimit(0, RLIMIT_NOFILE, ptr(parents), null);
}

function inheritedDescriptors(): number[] {
  return fs
    .readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => fd > 2 && !isOurs(fd));
}

/** Bun's event loop is made of anonymous inodes; the listing's own descriptor is closed by now. */
function isOurs(fd: number): boolean {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith("anon_inode:");
  } catch {
    return true;
  }
}

/** SIGPIPE and SIGXFSZ, unless the shell that started us ignores them: then we were started so. */
function signalsToReset(): number[] {
  const status = readText(`/proc/${process.ppid}/status`);
  const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? "";
  const ignored = SHELL.test(name) ? BigInt(`0x${/^SigIgn:\t([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`) : 0n;
  return [SIGPIPE, SIGXFSZ].filter((signal) => ((ignored >> BigInt(signal - 1)) & 1n) === 0n);
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
