import type { Exit } from "../model/exit.ts";
import type { Stream } from "../model/ids.ts";
import type { ProcessStat } from "../sys/processes.ts";

/** What is to be run. */
export interface ChildSpec {
  readonly argv: readonly [string, ...string[]];
  /** Undefined: the caller's. */
  readonly cwd: string | undefined;
  /** Added to the environment, which is otherwise handed on byte for byte. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: "null" | "inherit";
  /**
   * `pipe`: one for both streams, where the platform can do that, else two. `console`: the caller's own, where no log can
   * be written and no pipe made. `stdout`, `stderr`: a pipe for this stream, where the platform can do that; the other one is
   * the caller's own.
   */
  readonly output: "pipes" | "pipe" | "console" | Stream;
}

/** The end of a pipe that a child writes into. */
export interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  /** Of the read end; undefined where the platform does not show it. */
  readonly fd: number | undefined;
  /** Lets the kernel hold more of it at a time, for who writes a lot. */
  readonly widen?: () => void;
  /** To be called once, when nothing more is to be read: the stream has a descriptor of its own, and closes only that. */
  readonly close?: () => void;
  /**
   * Takes the pipe away from its stream, which then gives what it has read ahead, and its end or nothing any more. The
   * source itself is closed by that. Null where it cannot be done: nothing has changed then.
   */
  readonly detach?: () => DirectSource | null;
}

/** A pipe that is read without a stream; its own is for going back to one. */
export interface DirectSource extends Source {
  /** Bytes that are there now, into `buffer`; 0 when nobody can write any more, -1 when there are none now. */
  read(buffer: Uint8Array): number;
  /** Holds up the whole thread until there is something in this one or one of the others, or for so long. */
  wait(others: readonly Source[], ms: number): void;
}

/** A started process. Its streams must be read to their ends, whenever the process ends. */
export interface Child {
  readonly pid: number;
  /** Null with output to the console; with one pipe, all of it is stdout. */
  readonly stdout: Source | null;
  readonly stderr: Source | null;
  /** Settles when the process has ended and been reaped; never rejects. `usage` is null where the platform does not tell. */
  readonly exited: Promise<{ readonly exit: Exit; readonly usage: ResourceUsage | null }>;
}

/** How processes are started and found on this platform. */
export interface Platform {
  /** Why this is less than what Linux offers elsewhere; undefined where nothing is missing. */
  readonly restriction?: string;
  /** Starts a process, or says why it could not be (127 or 126). Throws when there is no pipe to be had (EMFILE). */
  spawn(spec: ChildSpec): Child | Exit;
  /** False when there are no descendants: asked in no time. */
  hasChildren(): boolean;
  /** Live processes that came from children of ours, wherever they went; empty where that cannot be known. */
  descendants(): ProcessStat[];
  /** From now on our own death leaves no core file. */
  dumpNoCore(): void;
  /** What the caller made of this signal for us, and the step: ignored or blocked, it is not ours to pass on. */
  inherited(signal: NodeJS.Signals): "ignored" | "blocked" | "free";
  /** Of `processes`, those that hold the writing end of one of these sources. */
  holders(processes: readonly ProcessStat[], sources: readonly Source[]): ProcessStat[];
  /** A second hold on a source, to be taken before its stream is cancelled. Null where that cannot be had. */
  hold(source: Source): Hold | null;
  /** Starts to watch for signals that are sent to our whole process group. */
  witness(): Witness | null;
}

/** A source without its stream: its writers do not notice that we stopped reading. */
export interface Hold {
  /** Bytes that are there now, into `buffer`; 0 when nobody can write any more, -1 when there are none now. */
  read(buffer: Uint8Array): number;
  /** A process of its own goes on reading into `file` for as long as somebody writes. False when it cannot. */
  handOver(file: string): boolean;
  close(): void;
}

/** Tells a signal that everyone in our process group got (Ctrl-C) from one that was sent to us alone. */
export interface Witness {
  /** Whether the group got this signal since that was last asked. */
  saw(signal: NodeJS.Signals): boolean;
  /** After a stop: forgets a SIGTSTP, so that the next one is seen. */
  wake(): void;
  stop(): void;
}

/** What a process used, together with those of its descendants that it waited for. */
export interface ResourceUsage {
  /**
   * The most memory that one of these processes had at once. A new process counts with what its parent had until it
   * becomes another program: so this is never less than `maxRssFloorBytes`, our own size, however small they were.
   */
  readonly maxRssBytes: number;
  readonly maxRssFloorBytes: number;
  readonly userMs: number;
  readonly sysMs: number;
}
