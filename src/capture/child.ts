import type { Exit } from "../model/exit.ts";

/** What is to be run. */
export interface ChildSpec {
  readonly argv: readonly [string, ...string[]];
  /** Undefined: the caller's. */
  readonly cwd: string | undefined;
  /** Added to the environment, which is otherwise handed on byte for byte. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: "null" | "inherit";
}

/** A started process. Both streams must be read to their ends, whenever the process ends. */
export interface Child {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** Settles when the process has ended and been reaped; never rejects. */
  readonly exited: Promise<Exit>;
}

/** Starts a process, or says why it could not be (127 or 126). */
export type Spawn = (spec: ChildSpec) => Child | Exit;

/** The way to start a process on this platform. */
export async function spawnerOf(platform: NodeJS.Platform = process.platform): Promise<Spawn> {
  if (platform === "linux") return (await import("./posix-spawn.ts")).spawnerForLinux();
  return (await import("./portable-spawn.ts")).portableSpawn;
}
