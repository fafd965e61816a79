import fs from "node:fs";
import { closeDescriptor, newPipe } from "../sys/pipes.ts";
import { waitForInput } from "../sys/poll.ts";
import { reapOne } from "../sys/wait.ts";
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
  const file = locate(argv[0], "/", process.env.PATH);
  const pipe = typeof file === "string" ? newPipe() : null;
  if (typeof file !== "string" || pipe === null) return null;
  const stdin = fs.openSync("/dev/null", "r");
  const helper = spawnHelper(file, argv, { stdin, stdout: pipe.write, environment });
  fs.closeSync(stdin);
  closeDescriptor(pipe.write);
  if (helper === null) closeDescriptor(pipe.read);
  return helper && { read: (untilMs) => readUntil(pipe.read, untilMs), close: () => close(helper.pid, pipe.read) };
}

function readUntil(fd: number, untilMs: number): string | null {
  const waitMs = Math.max(0, Math.ceil(untilMs - Bun.nanoseconds() / 1e6));
  if (!waitForInput([fd], waitMs)) return null;
  const buffer = new Uint8Array(4096);
  return Buffer.from(buffer.subarray(0, fs.readSync(fd, buffer))).toString();
}

function close(pid: number, fd: number): void {
  closeDescriptor(fd);
  // Not reaped: it is at work. Who was reaped by somebody else may have left his pid to another by now.
  if (reapOne(pid).pid === 0) process.kill(pid, "SIGKILL");
}
