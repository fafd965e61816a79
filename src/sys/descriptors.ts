import { closeSync, writeSync } from "node:fs";
import { systemCode } from "../errors.ts";

/**
 * Writes all of `data` to a descriptor, also to a pipe that somebody made non-blocking. Returns how much was written,
 * and the error that ended it before the end.
 */
export function writeAll(fd: number, data: Uint8Array): { written: number; error?: unknown } {
  let written = 0;
  while (written < data.length) {
    try {
      written += writeSync(fd, data, written, data.length - written);
    } catch (error) {
      const code = systemCode(error);
      if (code === "EAGAIN") Bun.sleepSync(1);
      else if (code !== "EINTR") return { written, error };
    }
  }
  return { written };
}

let close = (fd: number): number => {
  closeSync(fd);
  return 0;
};

/**
 * Closes a file that was written to. False when its last bytes may be lost: where they are sent as late as this (NFS,
 * quotas), close(2) is the last to know. Bun's own close does not say so; on Linux libc's does.
 */
export function closeWritten(fd: number): boolean {
  return close(fd) === 0;
}

export function closeWith(libcClose: (fd: number) => number): void {
  close = libcClose;
}
