import { core } from "./core.ts";
import { libcOnDemand } from "./libc.ts";
import { withMemory } from "./memory.ts";

const O_CLOEXEC = 0o2000000;

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** A pipe of the kernel's, closed in programs that we start. Null when none could be made (too many open files). */
export function newPipe(): Pipe | null {
  return withMemory((memory) => {
    const ends = memory.ints(-1, -1);
    if (core().pipe2(ends.address, O_CLOEXEC) !== 0) return null;
    return { read: ends.data.getInt32(0, true), write: ends.data.getInt32(4, true) };
  });
}

/** close(2): 0, or -1 where the last bytes of a file may be lost, or there was no such descriptor. */
export function closeDescriptor(fd: number): number {
  return core().close(fd);
}

/** Makes a pipe hold more. Where the system has set a limit to that, it stays as it is. */
export function growPipe(fd: number, bytes: number): void {
  const F_SETPIPE_SZ = 1031;
  control()?.fcntl(fd, F_SETPIPE_SZ, bytes);
}

/** Makes reads from a descriptor wait again. */
export function setBlocking(fd: number): void {
  const F_SETFL = 4;
  control()?.fcntl(fd, F_SETFL, 0);
}

/** Makes `to` another name of what `from` is, closed in programs that we start. */
export function duplicate(from: number, to: number): void {
  duplicating()?.dup3(from, to, O_CLOEXEC);
}

const control = libcOnDemand({ fcntl: { args: ["i32", "i32", "i32"], returns: "i32" } });
const duplicating = libcOnDemand({ dup3: { args: ["i32", "i32", "i32"], returns: "i32" } });
