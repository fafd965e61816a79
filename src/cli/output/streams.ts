import { ScenariologError, systemCode } from "../../errors.ts";
import { writeAll } from "../../sys/descriptors.ts";
import { type Form, harmless, isHarmless } from "./harmless.ts";
import { readerOf } from "./reader.ts";

/**
 * The program's own output, which only fs.writeSync writes. process.stdout and process.stderr cost 8 ms to touch and leave
 * O_NONBLOCK on a pipe that the caller shares with its next command; Bun.write leaves holes in a file opened by `>>`.
 * A reader that has gone away (`| head`) is no error: later output is dropped.
 */
const closed = { 1: false, 2: false };

/**
 * Prints a text without anything that the reader of stdout would obey. Returns after the kernel has every byte. Throws
 * FILE if stdout cannot take it, for example on a full disk.
 */
export function writeOut(text: string, form: Form = "plain"): void {
  writeExact(shownOn(1, text, form));
}

/** Prints every byte as it is, whoever reads it. */
export function writeExact(data: string | Uint8Array): void {
  const failure = write(1, data);
  if (failure === undefined) return;
  throw new ScenariologError("FILE", `cannot write to standard output: ${systemCode(failure) ?? String(failure)}`, {
    cause: failure,
  });
}

/** Prints a text on stderr without anything that its reader would obey. Never throws: nobody would hear of it. */
export function writeErr(text: string): void {
  write(2, shownOn(2, text, "plain"));
}

function shownOn(fd: 1 | 2, text: string, form: Form): string {
  return isHarmless(text) ? text : harmless(text, readerOf(fd), form);
}

/** True after a write to stdout has found its reader gone: a loop that prints may stop. */
export function stdoutClosed(): boolean {
  return closed[1];
}

/** Returns the error that stopped it; undefined if all was written or the reader is gone. */
function write(fd: 1 | 2, data: string | Uint8Array): unknown {
  if (closed[fd]) return undefined;
  const { error } = writeAll(fd, typeof data === "string" ? new TextEncoder().encode(data) : data);
  closed[fd] = systemCode(error) === "EPIPE";
  return closed[fd] ? undefined : error;
}
