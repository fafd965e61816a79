import type { Exit } from "../model/exit.ts";
import type { ChildSpec, Spawn } from "./child.ts";
import { LogFile, type Written } from "./log-file.ts";

export interface CaptureSpec extends ChildSpec {
  readonly stdoutPath: string;
  readonly stderrPath: string;
  /** How long to go on reading, once the child has ended, from a pipe that a descendant of it still holds. */
  readonly leakTimeoutMs: number;
}

export interface Captured {
  readonly exit: Exit;
  readonly stdout: Written;
  readonly stderr: Written;
  /** A descendant of the child still held a pipe when we went on. */
  readonly leaked: boolean;
}

/** Runs a process and keeps every byte it writes. Both files exist afterwards, also when it could not be started. */
export async function capture(spawn: Spawn, spec: CaptureSpec): Promise<Captured> {
  const stdout = new LogFile(spec.stdoutPath);
  const stderr = new LogFile(spec.stderrPath);
  const child = spawn(spec);
  if ("kind" in child) return { exit: child, stdout: stdout.close(), stderr: stderr.close(), leaked: false };

  const drains = [new Drain(child.stdout, stdout), new Drain(child.stderr, stderr)];
  const exit = await child.exited;
  const leaked = !(await drained(drains, spec.leakTimeoutMs));
  return { exit, stdout: stdout.close(), stderr: stderr.close(), leaked };
}

/** Reads a stream to its end into a file. The child's exit does not end it: a pipe holds what was written before. */
class Drain {
  readonly done: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>, file: LogFile) {
    this.#reader = stream.getReader() as ReadableStreamDefaultReader<Uint8Array>;
    this.done = this.#run(file);
  }

  async #run(file: LogFile): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      file.write(value);
    }
  }

  async stop(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.done;
  }
}

/** False when a pipe was still open `timeoutMs` after the child's end; the reading has then been stopped. */
async function drained(drains: Drain[], timeoutMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const inTime = await Promise.race([Promise.all(drains.map((drain) => drain.done)).then(() => true), late]);
  clearTimeout(timer);
  if (!inTime) await Promise.all(drains.map((drain) => drain.stop()));
  return inTime;
}
