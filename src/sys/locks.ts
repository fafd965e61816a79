import { libcOnDemand } from "./libc.ts";
import { withMemory } from "./memory.ts";

/** `struct flock` of 64-bit Linux: type and whence, 16 bits each, padding, start, length, pid, padding. */
const FLOCK_BYTES = 32;

/**
 * Asks fcntl(2) for a lock on one byte of a file. Returns the type that the kernel answers with, or `refused` if another
 * process has the lock; undefined if the system has no such locks.
 */
export function lockByte(fd: number, command: number, type: number, byte: bigint): number | "refused" | undefined {
  // Opened at the first lock: a reader has none.
  const lib = onDemand();
  if (lib === null) return undefined;
  return withMemory((memory) => {
    const lock = memory.block(FLOCK_BYTES);
    lock.data.setInt16(0, type, true);
    lock.data.setBigInt64(8, byte, true);
    lock.data.setBigInt64(16, 1n, true);
    return lib.fcntl(fd, command, lock.address) === 0 ? lock.data.getInt16(0, true) : "refused";
  });
}

const onDemand = libcOnDemand({ fcntl: { args: ["i32", "i32", "ptr"], returns: "i32" } });
