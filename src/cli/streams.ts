import { writeAll } from "../capture/descriptors.ts";
import { ScenariologError, systemCode } from "../errors.ts";

/**
 * Our own output, written with fs.writeSync and nothing else. process.stdout and process.stderr cost 8 ms to touch
 * and leave O_NONBLOCK on a pipe that the caller shares with its next command; Bun.write leaves holes behind `>>`.
 * A reader that has gone away (`| head`) is no error: what is written after that is dropped.
 */
const closed = { 1: false, 2: false };

/** Returns when every byte is with the kernel. Throws FILE when stdout cannot take it, on a full disk for example. */
export function writeOut(data: string | Uint8Array): void {
  const failure = write(1, data);
  if (failure === undefined) return;
  throw new ScenariologError("FILE", `cannot write to standard output: ${systemCode(failure) ?? String(failure)}`, {
    cause: failure,
  });
}

/** Never throws: there is nowhere left to say so. */
export function writeErr(data: string | Uint8Array): void {
  write(2, data);
}

/** True once a write to stdout has found its reader gone: a loop that prints may stop. */
export function stdoutClosed(): boolean {
  return closed[1];
}

/** The error that stopped it; undefined when all was written or the reader is gone. */
function write(fd: 1 | 2, data: string | Uint8Array): unknown {
  if (closed[fd]) return undefined;
  const { error } = writeAll(fd, typeof data === "string" ? new TextEncoder().encode(data) : data);
  closed[fd] = systemCode(error) === "EPIPE";
  return closed[fd] ? undefined : error;
}
