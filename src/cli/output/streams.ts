import { ScenariologError, systemCode } from "../../errors.ts";
import { writeAll } from "../../sys/descriptors.ts";
import { type Form, harmless, isHarmless } from "./harmless.ts";
import { readerOf } from "./reader.ts";

/**
 * Our own output, written with fs.writeSync and nothing else. process.stdout and process.stderr cost 8 ms to touch
 * and leave O_NONBLOCK on a pipe that the caller shares with its next command; Bun.write leaves holes behind `>>`.
 * A reader that has gone away (`| head`) is no error: what is written after that is dropped.
 */
const closed = { 1: false, 2: false };

/**
 * Prints a text without what the reader of our stdout would obey. Returns when every byte is with the kernel. Throws
 * FILE when stdout cannot take it, on a full disk for example.
 */
export function writeOut(text: string, form: Form = "plain"): void {
  writeExact(shownOn(1, text, form));
}

/** The same, byte for byte whoever reads it. */
export function writeExact(data: string | Uint8Array): void {
  const failure = write(1, data);
  if (failure === undefined) return;
  throw new ScenariologError("FILE", `cannot write to standard output: ${systemCode(failure) ?? String(failure)}`, {
    cause: failure,
  });
}

/** Prints a text without what the reader of our stderr would obey. Never throws: there is nowhere left to say so. */
export function writeErr(text: string): void {
  write(2, shownOn(2, text, "plain"));
}

function shownOn(fd: 1 | 2, text: string, form: Form): string {
  return isHarmless(text) ? text : harmless(text, readerOf(fd), form);
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
