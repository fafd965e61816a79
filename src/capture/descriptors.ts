import { writeSync } from "node:fs";
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
