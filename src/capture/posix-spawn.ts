import { ptr } from "bun:ffi";
import type { Exit } from "../model/exit.ts";
import type { Child, ChildSpec, Spawn } from "./child.ts";
import { environmentWith } from "./environment.ts";
import { type Inherited, readInherited, restoreFileLimit } from "./inherited.ts";
import { addChdir, libc } from "./libc.ts";
import { locate, notExecutable, notFound } from "./locate.ts";
import { signalName } from "./signals.ts";

/** Larger than posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t of any libc. */
const STRUCT_BYTES = 512;
const O_CLOEXEC = 0o2000000;
const SETSIGDEF = 0x04;
const WNOHANG = 1;

/** To be called before anything is opened: it looks at what the caller left us. */
export function spawnerForLinux(): Spawn {
  const inherited = readInherited();
  return (spec) => spawn(spec, inherited);
}

function spawn(spec: ChildSpec, inherited: Inherited): Child | Exit {
  const file = locate(spec.argv[0], spec.cwd ?? process.cwd(), process.env.PATH);
  if (typeof file !== "string") return file;

  const out = pipe();
  const err = pipe();
  const reaper = new Reaper();
  const pid = new Int32Array(1);
  const argv = pointers(spec.argv.map(cString));
  const env = pointers(environmentWith(spec.env));
  restoreFileLimit();
  const errno = libc.posix_spawn(
    ptr(pid),
    ptr(cString(file)),
    ptr(fileActions(spec, inherited, out.write, err.write)),
    ptr(attributes(inherited)),
    ptr(argv.table),
    ptr(env.table),
  );
  libc.close(out.write);
  libc.close(err.write);
  if (errno !== 0) {
    reaper.stop();
    libc.close(out.read);
    libc.close(err.read);
    return whyNot(errno, file);
  }
  return { pid: pid[0]!, stdout: read(out.read), stderr: read(err.read), exited: reaper.wait(pid[0]!) };
}

function read(fd: number): ReadableStream<Uint8Array> {
  return Bun.file(fd).stream();
}

function pipe(): { read: number; write: number } {
  const ends = new Int32Array(2);
  if (libc.pipe2(ptr(ends), O_CLOEXEC) !== 0) throw new Error("no pipe could be made (too many open files?)");
  return { read: ends[0]!, write: ends[1]! };
}

function fileActions(spec: ChildSpec, inherited: Inherited, out: number, err: number): Uint8Array {
  const actions = new Uint8Array(STRUCT_BYTES);
  const at = ptr(actions);
  libc.posix_spawn_file_actions_init(at);
  if (spec.stdin === "null") libc.posix_spawn_file_actions_addopen(at, 0, ptr(cString("/dev/null")), 0, 0);
  libc.posix_spawn_file_actions_adddup2(at, out, 1);
  libc.posix_spawn_file_actions_adddup2(at, err, 2);
  // A descriptor duplicated onto itself loses its close-on-exec mark (POSIX.1-2024; glibc 2.29, musl 1.1.10).
  for (const fd of inherited.descriptors) libc.posix_spawn_file_actions_adddup2(at, fd, fd);
  if (spec.cwd !== undefined) addChdir(actions, cString(spec.cwd));
  return actions;
}

function attributes(inherited: Inherited): Uint8Array {
  const attributes = new Uint8Array(STRUCT_BYTES);
  libc.posix_spawnattr_init(ptr(attributes));
  const signals = new Uint8Array(STRUCT_BYTES);
  for (const signal of inherited.defaultSignals) signals[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  libc.posix_spawnattr_setsigdefault(ptr(attributes), ptr(signals));
  libc.posix_spawnattr_setflags(ptr(attributes), SETSIGDEF);
  return attributes;
}

/** A NULL-terminated table of C strings, together with the strings, which must outlive the call. */
function pointers(strings: Uint8Array[]): { table: BigUint64Array; strings: Uint8Array[] } {
  const table = new BigUint64Array(strings.length + 1);
  for (const [i, string] of strings.entries()) table[i] = BigInt(ptr(string));
  return { table, strings };
}

function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function whyNot(errno: number, file: string): Exit {
  switch (errno) {
    case 2: // ENOENT, though the file is there
      return notFound(`${file}: its interpreter does not exist`, "check its #! line (a CR at its end counts)");
    case 7:
      return notExecutable(`${file}: the arguments and the environment are too long`);
    case 8:
      return notExecutable(`${file} is neither a program nor a script with a #! line`, `run it as: bash ${file}`);
    case 13:
      return notExecutable(`${file}: permission denied`);
    case 20:
      return notFound(`${file}: a part of its path is not a directory`);
    case 26:
      return notExecutable(`${file} is open for writing`);
    default:
      return notExecutable(`${file} could not be started (errno ${errno})`);
  }
}

/** Waits for one child through SIGCHLD. Made before the child, whose end could otherwise come too early to be seen. */
class Reaper {
  #pid = 0;
  #settle: (exit: Exit) => void = () => {};
  readonly #exited = new Promise<Exit>((resolve) => {
    this.#settle = resolve;
  });
  readonly #onSignal = () => this.#poll();
  /** Holds the event loop open, and finds the end should a signal get lost. */
  readonly #timer = setInterval(this.#onSignal, 1000);

  constructor() {
    process.on("SIGCHLD", this.#onSignal);
  }

  wait(pid: number): Promise<Exit> {
    this.#pid = pid;
    this.#poll();
    return this.#exited;
  }

  stop(): void {
    process.off("SIGCHLD", this.#onSignal);
    clearInterval(this.#timer);
  }

  #poll(): void {
    if (this.#pid === 0) return;
    const status = new Int32Array(1);
    const reaped = libc.wait4(this.#pid, ptr(status), WNOHANG, null);
    if (reaped === 0) return;
    this.stop();
    this.#pid = 0;
    // ECHILD: we were started with SIGCHLD ignored before our handler was there; the code is lost.
    this.#settle(reaped < 0 ? { kind: "code", code: 255 } : exitOf(status[0]!));
  }
}

/** Decodes a wait status: https://man7.org/linux/man-pages/man2/wait.2.html */
function exitOf(status: number): Exit {
  const signal = status & 0x7f;
  if (signal === 0) return { kind: "code", code: (status >> 8) & 0xff };
  return { kind: "signal", signal, name: signalName(signal) };
}
