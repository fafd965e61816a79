import type { Exit } from "../model/exit.ts";
import type { Stream } from "../model/ids.ts";
import type { ProcessStat } from "../sys/processes.ts";

/** A process to start. */
export interface ChildSpec {
  readonly argv: readonly [string, ...string[]];
  /** Undefined for the caller's. */
  readonly cwd: string | undefined;
  /** Added to the environment, which is otherwise passed on byte for byte. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: "null" | "inherit";
  /**
   * `pipe`: one for both streams if the platform can do that, else two. `console`: the caller's own streams, for the case
   * that no log can be written and no pipe made. `stdout`, `stderr`: a pipe for this stream if the platform can do that; the
   * other one is the caller's own.
   */
  readonly output: "pipes" | "pipe" | "console" | Stream;
}

/** The end of a pipe that a child writes into. */
export interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  /** Of the read end; undefined if the platform does not expose it. */
  readonly fd: number | undefined;
  /** Lets the kernel buffer more, for a process that writes a lot. */
  readonly widen?: () => void;
  /** Call it once, after the last read: the stream has a descriptor of its own and closes only that. */
  readonly close?: () => void;
  /**
   * Takes the pipe from its stream, which then returns what it has read ahead, and after that its end or nothing. This
   * closes the source itself. Null if it cannot be done; nothing has changed then.
   */
  readonly detach?: () => DirectSource | null;
}

/** A pipe that is read without a stream. Its `stream` serves to return to one. */
export interface DirectSource extends Source {
  /** Reads what is available into `buffer`: the number of bytes, 0 if nobody can write any more, -1 if nothing is there yet. */
  read(buffer: Uint8Array): number;
  /** Blocks the whole thread until this pipe or one of the others has data, for `ms` at most. */
  wait(others: readonly Source[], ms: number): void;
}

/** A started process. Its streams must be read to their ends, whenever the process ends. */
export interface Child {
  readonly pid: number;
  /** Null if the output goes to the console; with one pipe, everything is stdout. */
  readonly stdout: Source | null;
  readonly stderr: Source | null;
  /** Settles when the process has ended and been reaped; never rejects. `usage` is null if the platform does not tell. */
  readonly exited: Promise<{ readonly exit: Exit; readonly usage: ResourceUsage | null }>;
}

/** How processes are started and found on this platform. */
export interface Platform {
  /** Why this offers less than Linux does elsewhere; undefined if nothing is missing. */
  readonly restriction?: string;
  /** Starts a process, or says why it could not (127 or 126). Throws if no pipe can be made (EMFILE). */
  spawn(spec: ChildSpec): Child | Exit;
  /** Whether there are descendants; a cheap question. */
  hasChildren(): boolean;
  /** Live descendants of our children, in whatever session they are; empty if that cannot be known. */
  descendants(): ProcessStat[];
  /** From now on our own death leaves no core file. */
  dumpNoCore(): void;
  /** How the caller set this signal for us and the step. We do not pass on an ignored or a blocked one. */
  inherited(signal: NodeJS.Signals): "ignored" | "blocked" | "free";
  /** Those of `processes` that hold the writing end of one of these sources. */
  processesHolding(processes: readonly ProcessStat[], sources: readonly Source[]): ProcessStat[];
  /** A second descriptor of a source; take it before cancelling the stream. Null if none can be made. */
  detachPipe(source: Source): DetachedPipe | null;
  /** Starts to watch for signals that are sent to our whole process group; null if the platform cannot. */
  probeGroupSignals(): GroupSignalProbe | null;
}

/** A source without its stream: its writers do not notice that we stop reading. */
export interface DetachedPipe {
  /** Reads what is available into `buffer`: the number of bytes, 0 if nobody can write any more, -1 if nothing is there yet. */
  read(buffer: Uint8Array): number;
  /** Lets a separate process read on into `file` for as long as somebody writes. False if it cannot be started. */
  handOver(file: string): boolean;
  close(): void;
}

/** Tells a signal to our whole process group (Ctrl-C) from one that was sent to us alone. */
export interface GroupSignalProbe {
  /** Whether the group got this signal since the last call. */
  saw(signal: NodeJS.Signals): boolean;
  /** After a stop: forgets a SIGTSTP, so that the next one is seen. */
  wake(): void;
  stop(): void;
}

/** The resources of a process and of those descendants that it waited for. */
export interface ResourceUsage {
  /**
   * The peak memory of the largest of these processes. A new process counts with its parent's memory until it becomes
   * another program, so this is never below `maxRssFloorBytes`, our own size, however small the process is.
   */
  readonly maxRssBytes: number;
  readonly maxRssFloorBytes: number;
  readonly userMs: number;
  readonly sysMs: number;
}
