import { exitCode } from "../errors.ts";

/** What is known about how a step ended. */
export interface StepExit {
  /** Null while it has no end. */
  readonly code: number | null;
  /** Of its last attempt: timeout, interrupted, leak; null for its own doing. */
  readonly reason: string | null;
  readonly running: boolean;
  readonly tags: ReadonlyMap<string, string>;
}

/**
 * What an exit code tells, in one sentence, with what is usually behind it. Null if nobody but the program's author knows:
 * 1 and most others.
 */
export function meaningOf({ code, reason, running, tags }: StepExit): string | null {
  if (code === null) {
    return running
      ? "it is still running"
      : "it has no end: its recorder was killed, or the machine went down; run end closes it";
  }
  const signal = tags.get("exit.signal");
  if (reason === "timeout") return `--timeout ended it after ${secondsOf(tags.get("timeout_ms"))}`;
  if (reason === "interrupted") {
    if (signal) return `it was interrupted by ${signal}, which the recorder got as well`;
    const error = tags.get("exit.error");
    return error ? `it was interrupted: ${error}` : "it was interrupted";
  }
  if (reason === "skipped") return `it was skipped: ${tags.get("skip.reason") ?? "it gave no reason"}`;
  if (reason === "leak")
    return "its command passed, but left a process behind that holds its output open (--on-leak fail)";
  const error = tags.get("exit.error");
  if (error) return `it could not be started: ${error}`;
  if (signal) return `${signal} killed it${behind(signal)}`;
  const known = MEANINGS.get(code);
  if (known) return known;
  const name = signalOfCode(code);
  if (name) return `128 + ${code - exitCode.signalBase}: ${name} killed something inside it${behind(name)}`;
  return null;
}

/** The signal that a shell shows as this code; undefined for any other code. */
export function signalOfCode(code: number): string | undefined {
  return SIGNALS.get(code - exitCode.signalBase);
}

const MEANINGS = new Map([
  [0, "it passed"],
  [
    2,
    "often wrong usage: an unknown option, a shell syntax error, or a file that is not there (make and grep: an error)",
  ],
  [exitCode.timeout, "a timeout: timeout(1) ends so, and --timeout"],
  [
    exitCode.recorder,
    "a wrapper failed before the command ran: timeout(1), env, docker run, git bisect, scenariolog exec",
  ],
  [exitCode.notExecutable, "a command was found but cannot be run: no execute permission, or no valid #! line"],
  [exitCode.notFound, "a command was not found: a typing error, a missing program, or another PATH"],
  [128, "an invalid exit code, or git's own failure"],
  [255, "ssh or a remote command failed, or a program ended with -1"],
]);

/** Those that end programs; their numbers are the same on Linux and macOS, but for SIGBUS. */
const SIGNALS = new Map([
  [1, "SIGHUP"],
  [2, "SIGINT"],
  [3, "SIGQUIT"],
  [4, "SIGILL"],
  [6, "SIGABRT"],
  [7, "SIGBUS"],
  [8, "SIGFPE"],
  [9, "SIGKILL"],
  [11, "SIGSEGV"],
  [13, "SIGPIPE"],
  [14, "SIGALRM"],
  [15, "SIGTERM"],
  [24, "SIGXCPU"],
  [25, "SIGXFSZ"],
]);

const BEHIND = new Map([
  ["SIGKILL", "out of memory (see dmesg), or kill -9"],
  ["SIGSEGV", "a crash: it touched memory that is not its own"],
  ["SIGBUS", "a crash, or a mapped file that was cut short"],
  ["SIGABRT", "abort(): a failed assertion, or a runtime that gave up"],
  ["SIGILL", "a crash: built for another CPU, or a trap of the compiler's"],
  ["SIGFPE", "a division by zero"],
  ["SIGTERM", "somebody asked it to stop: a CI job that was cancelled, a container that was shut down"],
  ["SIGINT", "Ctrl-C"],
  ["SIGHUP", "its terminal or connection went away"],
  ["SIGPIPE", "it wrote to a pipe that nobody reads any more, such as into head"],
  ["SIGXFSZ", "a file grew beyond the limit (ulimit -f)"],
  ["SIGXCPU", "it used more CPU time than the limit (ulimit -t)"],
]);

function behind(signal: string): string {
  const what = BEHIND.get(signal);
  return what ? `: ${what}` : "";
}

function secondsOf(ms: string | undefined): string {
  return ms !== undefined && /^\d+$/.test(ms) ? `${Number(ms) / 1000} s` : "its time";
}
