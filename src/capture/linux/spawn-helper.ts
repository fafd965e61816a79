import { closeDescriptor, newPipe } from "../../sys/pipes.ts";
import { spawnProcess } from "../../sys/spawn.ts";

export interface HelperOptions {
  /** Blocks every signal but SIGKILL and SIGSTOP. */
  readonly blockSignals?: boolean;
  /** In a session of its own, out of reach of the terminal. */
  readonly newSession?: boolean;
  /** Descriptors for its stdin and stdout; by default a new pipe from us, and /dev/null. */
  readonly stdin?: number;
  readonly stdout?: number;
  /** NUL-terminated entries; empty by default. */
  readonly environment?: Uint8Array;
}

/**
 * Starts a small program for our own ends, with nothing on stderr. `stdin` is our end of the
 * pipe to it, or -1 where a descriptor was given. Null when it cannot be started.
 */
export function spawnHelper(
  file: string,
  argv: readonly string[],
  { stdin, stdout, environment = new Uint8Array(), ...attributes }: HelperOptions,
): { pid: number; stdin: number } | null {
  const O_WRONLY = 1;
  const pipe = stdin === undefined ? newPipe() : { read: stdin, write: -1 };
  if (pipe === null) return null;
  const nowhere = (as: number) => ({ open: "/dev/null", as, flags: O_WRONLY });
  const pid = spawnProcess({
    file,
    argv,
    environment,
    actions: [
      { dup: pipe.read, as: 0 },
      stdout === undefined ? nowhere(1) : { dup: stdout, as: 1 },
      nowhere(2),
      // The one descriptor of the caller's that Bun leaves inheritable: a program of ours must not hold it open.
      nowhere(3),
    ],
    ...attributes,
  });
  if (stdin === undefined) closeDescriptor(pipe.read);
  if (pid > 0) return { pid, stdin: pipe.write };
  if (stdin === undefined) closeDescriptor(pipe.write);
  return null;
}
