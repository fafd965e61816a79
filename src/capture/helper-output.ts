import { ptr } from "bun:ffi";
import fs from "node:fs";
import { openLibc } from "../libc.ts";
import { libc } from "./libc.ts";
import { locate } from "./locate.ts";
import { spawnHelper } from "./spawn-helper.ts";

/** What a program of ours prints on stdout, which works while we do something else. */
export interface HelperOutput {
  /** The next piece, waiting for it until the reading `untilMs` of Bun.nanoseconds(). "" at its end; null when late. */
  read(untilMs: number): string | null;
  /** Ends the program, should it still be at work. */
  close(): void;
}

/** `environment` is NUL-terminated entries. Null where the program cannot be started. 64-bit Linux only. */
export function startForOutput(argv: readonly [string, ...string[]], environment: Uint8Array): HelperOutput | null {
  const O_CLOEXEC = 0o2000000;
  const file = locate(argv[0], "/", process.env.PATH);
  const ends = new Int32Array(2);
  if (typeof file !== "string" || libc.pipe2(ptr(ends), O_CLOEXEC) !== 0) return null;
  const [readEnd, writeEnd] = ends as unknown as [number, number];
  const stdin = fs.openSync("/dev/null", "r");
  const helper = spawnHelper(file, argv, { stdin, stdout: writeEnd, environment });
  fs.closeSync(stdin);
  libc.close(writeEnd);
  if (helper === null) libc.close(readEnd);
  return helper && { read: (untilMs) => readUntil(readEnd, untilMs), close: () => close(helper.pid, readEnd) };
}

function readUntil(fd: number, untilMs: number): string | null {
  const POLLIN = 1;
  const { poll } = openLibc({ poll: { args: ["ptr", "u64", "i32"], returns: "i32" } });
  // struct pollfd: the descriptor, then two words of 16 bits.
  const waitMs = Math.max(0, Math.ceil(untilMs - Bun.nanoseconds() / 1e6));
  if (poll(ptr(Int32Array.of(fd, POLLIN)), 1, waitMs) <= 0) return null;
  const buffer = new Uint8Array(4096);
  return Buffer.from(buffer.subarray(0, fs.readSync(fd, buffer))).toString();
}

function close(pid: number, fd: number): void {
  libc.close(fd);
  const WNOHANG = 1;
  // Not reaped: it is at work. Who was reaped by somebody else may have left his pid to another by now.
  if (libc.wait4(pid, null, WNOHANG, null) === 0) process.kill(pid, "SIGKILL");
}
