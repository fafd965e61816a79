import { ptr } from "bun:ffi";
import { blockSignals, libc } from "./libc.ts";
import {
  cString,
  cStrings,
  emptyActions,
  emptyAttributes,
  pointersInto,
  SETSID,
  SETSIGMASK,
  setFlags,
} from "./spawn-structs.ts";

export interface HelperOptions {
  /** Blocks every signal but SIGKILL and SIGSTOP. */
  readonly blockSignals?: boolean;
  /** In a session of its own, out of reach of the terminal. */
  readonly newSession?: boolean;
  /** Descriptors for its stdin and stdout; by default a new pipe from us, and /dev/null. */
  readonly stdin?: number;
  readonly stdout?: number;
  /** NUL-terminated entries; empty by default. */
  readonly environment?: Uint8Array;
}

/**
 * Starts a small program for our own ends, with nothing on stderr. `stdin` is our end of the
 * pipe to it, or -1 where a descriptor was given. Null when it cannot be started.
 */
export function spawnHelper(
  file: string,
  argv: readonly string[],
  options: HelperOptions,
): { pid: number; stdin: number } | null {
  const O_CLOEXEC = 0o2000000;
  const O_WRONLY = 1;
  const ends = new Int32Array([options.stdin ?? -1, -1]);
  if (options.stdin === undefined && libc.pipe2(ptr(ends), O_CLOEXEC) !== 0) return null;
  const actions = emptyActions();
  libc.posix_spawn_file_actions_adddup2(ptr(actions), ends[0]!, 0);
  if (options.stdout === undefined) {
    libc.posix_spawn_file_actions_addopen(ptr(actions), 1, ptr(cString("/dev/null")), O_WRONLY, 0);
  } else libc.posix_spawn_file_actions_adddup2(ptr(actions), options.stdout, 1);
  libc.posix_spawn_file_actions_addopen(ptr(actions), 2, ptr(cString("/dev/null")), O_WRONLY, 0);
  // The one descriptor of the caller's that Bun leaves inheritable: not to be held open by a program of ours.
  libc.posix_spawn_file_actions_addopen(ptr(actions), 3, ptr(cString("/dev/null")), O_WRONLY, 0);
  const attributes = emptyAttributes();
  if (options.blockSignals) blockSignals(attributes);
  setFlags(attributes, (options.blockSignals ? SETSIGMASK : 0) | (options.newSession ? SETSID : 0));
  const pid = new Int32Array(1);
  const words = cStrings(argv);
  const errno = libc.posix_spawn(
    ptr(pid),
    ptr(cString(file)),
    ptr(actions),
    ptr(attributes),
    ptr(pointersInto(words)),
    ptr(pointersInto(options.environment ?? new Uint8Array())),
  );
  if (options.stdin === undefined) libc.close(ends[0]!);
  if (errno === 0) return { pid: pid[0]!, stdin: ends[1]! };
  if (options.stdin === undefined) libc.close(ends[1]!);
  return null;
}
