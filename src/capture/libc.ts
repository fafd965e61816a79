import { ptr } from "bun:ffi";
import { openLibc } from "../libc.ts";

/**
 * The few calls that Bun has no way to: kernel pipes (its own "pipe" is a socket, and `echo x > /dev/stderr` fails on
 * one), a spawn that leaves inherited signals, limits and descriptors as they were, and the child's wait status.
 * 64-bit Linux only; glibc and musl have them under the same names.
 */
const symbols = {
  pipe2: { args: ["ptr", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  wait4: { args: ["i32", "ptr", "i32", "ptr"], returns: "i32" },
  prlimit: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  posix_spawn: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  posix_spawn_file_actions_init: { args: ["ptr"], returns: "i32" },
  posix_spawn_file_actions_adddup2: { args: ["ptr", "i32", "i32"], returns: "i32" },
  posix_spawn_file_actions_addopen: { args: ["ptr", "i32", "ptr", "i32", "i32"], returns: "i32" },
  posix_spawnattr_init: { args: ["ptr"], returns: "i32" },
  posix_spawnattr_setflags: { args: ["ptr", "i16"], returns: "i32" },
  posix_spawnattr_setsigdefault: { args: ["ptr", "ptr"], returns: "i32" },
} as const;

export const libc = openLibc(symbols);

/** Not in every libc of the last ten years, so opened only for a step that has a --work-dir. */
export function addChdir(fileActions: Uint8Array, dir: Uint8Array): void {
  const lib = openLibc({ posix_spawn_file_actions_addchdir_np: { args: ["ptr", "ptr"], returns: "i32" } });
  lib.posix_spawn_file_actions_addchdir_np(ptr(fileActions), ptr(dir));
}

/** Blocks all signals in the process that is spawned with these attributes. */
export function blockSignals(attributes: Uint8Array): void {
  const lib = openLibc({ posix_spawnattr_setsigmask: { args: ["ptr", "ptr"], returns: "i32" } });
  lib.posix_spawnattr_setsigmask(ptr(attributes), ptr(new Uint8Array(128).fill(0xff)));
}

/** Makes a pipe hold more. Where the system has set a limit to that, it stays as it is. */
export function growPipe(fd: number, bytes: number): void {
  const F_SETPIPE_SZ = 1031;
  fcntl(fd, F_SETPIPE_SZ, bytes);
}

/** Makes reads from a descriptor wait again. */
export function setBlocking(fd: number): void {
  const F_SETFL = 4;
  fcntl(fd, F_SETFL, 0);
}

/** Makes `to` another name of what `from` is, closed in programs that we start. */
export function duplicate(from: number, to: number): void {
  const O_CLOEXEC = 0o2000000;
  openLibc({ dup3: { args: ["i32", "i32", "i32"], returns: "i32" } }).dup3(from, to, O_CLOEXEC);
}

/** Until one of these has something to be read, or nobody left to write it, or for so long. The whole thread waits. */
export function waitForInput(fds: readonly number[], ms: number): void {
  const POLLIN = 1;
  poll ??= openLibc({ poll: { args: ["ptr", "u64", "i32"], returns: "i32" } }).poll;
  poll(ptr(Int32Array.from(fds.flatMap((fd) => [fd, POLLIN]))), fds.length, ms);
}

/** Only a step that writes a lot needs it. */
let poll: ((fds: ReturnType<typeof ptr>, count: number, ms: number) => number) | undefined;

function fcntl(fd: number, command: number, argument: number): number {
  return openLibc({ fcntl: { args: ["i32", "i32", "i32"], returns: "i32" } }).fcntl(fd, command, argument);
}
