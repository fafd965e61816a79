import fs from "node:fs";
import { closeDescriptor, duplicate, newPipe, setBlocking } from "../../sys/pipes.ts";
import { holds, linkOf, type ProcessStat } from "../../sys/processes.ts";
import { locate } from "../locate.ts";
import type { DetachedPipe, Source } from "../platform.ts";
import type { Reaper } from "./reaper.ts";
import { spawnHelper } from "./spawn-helper.ts";

/** Of `processes`, those that have one of these pipes open. */
export function processesHolding(processes: readonly ProcessStat[], sources: readonly Source[]): ProcessStat[] {
  const links = new Set(sources.map(({ fd }) => linkOf(`/proc/self/fd/${fd}`)).filter((link) => link !== ""));
  return processes.filter(({ pid }) => holds(pid, links));
}

/** Null when the source is closed already. Its stream finds an end from then on, and takes nothing more. */
export function detachPipe(source: Source, reaper: Reaper): DetachedPipe | null {
  const fd = reopen(source.fd);
  if (fd === null) return null;
  return {
    read: (buffer) => readNow(fd, buffer),
    handOver: (file) => handOver(fd, file, reaper),
    close: () => fs.closeSync(fd),
  };
}

/**
 * A new descriptor of the same pipe, which does not wait; all others of it are at an end from now on. Null when it could
 * not be opened.
 */
export function reopen(pipe: number | undefined): number | null {
  const others = descriptorsOf(linkOf(`/proc/self/fd/${pipe}`));
  let fd: number;
  try {
    // Also because opening one that waits, without a writer, would wait for one.
    fd = fs.openSync(`/proc/self/fd/${pipe}`, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  } catch {
    return null;
  }
  putEndInPlaceOf(others);
  return fd;
}

/** 0 at the end, -1 when there is nothing now. */
export function readNow(fd: number, buffer: Uint8Array): number {
  try {
    return fs.readSync(fd, buffer);
  } catch {
    return -1; // EAGAIN
  }
}

/** Bun has a second descriptor of the pipe for its stream. */
function descriptorsOf(link: string): number[] {
  if (link === "") return [];
  return fs
    .readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => linkOf(`/proc/self/fd/${fd}`) === link);
}

function putEndInPlaceOf(descriptors: readonly number[]): void {
  const pipe = newPipe();
  if (pipe === null) return;
  closeDescriptor(pipe.write);
  for (const fd of descriptors) duplicate(pipe.read, fd);
  closeDescriptor(pipe.read);
}

/**
 * A server that a step leaves behind would die of SIGPIPE at its next line, were nobody to read it: a `cat` in a
 * session of its own does, until the last writer is gone.
 */
function handOver(fd: number, file: string, reaper: Reaper): boolean {
  const cat = locate("cat", "/", process.env.PATH);
  if (typeof cat !== "string") return false;
  let log: number;
  try {
    log = fs.openSync(file, "a", 0o666);
  } catch {
    return false;
  }
  setBlocking(fd);
  const helper = spawnHelper(cat, ["cat"], { stdin: fd, stdout: log, newSession: true, blockSignals: true });
  fs.closeSync(log);
  if (helper !== null) reaper.others.add(helper.pid);
  return helper !== null;
}
