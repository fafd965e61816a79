import fs from "node:fs";
import { linkOf, readText, statOf } from "./processes.ts";

/** PF_KTHREAD in include/linux/sched.h. */
const KERNEL_THREAD = 0x00200000;

/** Names a process for good: a pid alone is used again, and means another process on another machine. */
export interface ProcessIdentity {
  /** Null if it is not known. */
  readonly pid: number | null;
  /** Clock ticks since boot; "" if the platform does not tell. */
  readonly startTicks: string | null;
  /** Of the running kernel; "" if the platform does not tell. */
  readonly bootId: string | null;
  /** In which the pid counts; "" if the platform does not tell. */
  readonly pidNamespace: string | null;
}

let own: ProcessIdentity | undefined;

/** This process. Looked up once: `record` is one process for many steps. */
export function ownIdentity(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    // Not by our pid: /proc may be that of another pid namespace.
    startTicks: statOf("self")?.startTicks ?? "",
    bootId: bootId(),
    pidNamespace: pidNamespace(),
  };
  return own;
}

/**
 * Whether the recorder of an attempt may still be at work. A process of another boot (or machine) is gone. One of
 * another pid namespace of this kernel (a container) is looked for where we can see every process, and counts as alive
 * where we cannot.
 */
export function isAlive({ pid, startTicks: start, bootId: boot, pidNamespace: namespace }: ProcessIdentity): boolean {
  if (typeof pid !== "number" || boot !== bootId()) return false;
  if (!start) return answers(pid);
  if (namespace === pidNamespace() && linkOf("/proc/self") === String(process.pid)) {
    const found = statOf(pid);
    // Where other users' processes are hidden, a signal still finds them.
    if (found === null) return answers(pid);
    return !found.zombie && found.startTicks === start;
  }
  return !seesAll() || isThere(pid, start, namespace);
}

function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id").trim();
}

function pidNamespace(): string {
  return linkOf("/proc/self/ns/pid");
}

/** Whether /proc shows the processes of all namespaces: that of the first one does, and the kernel's own threads. */
function seesAll(): boolean {
  const text = readText("/proc/2/stat");
  const flags = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[6]);
  return (flags & KERNEL_THREAD) !== 0;
}

/** Whether any process has this pid in its own namespace, and began at this time. */
function isThere(pid: number, start: string, namespace: string | null): boolean {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((name) => {
      const stat = statOf(Number(name));
      if (stat === null || stat.zombie || stat.startTicks !== start) return false;
      const pids = /^NSpid:\t(.*)$/m.exec(readText(`/proc/${name}/status`))?.[1]?.split("\t") ?? [];
      if (pids.at(-1) !== String(pid)) return false;
      const own = linkOf(`/proc/${name}/ns/pid`);
      return own === namespace || own === "";
    });
}

/** Where /proc does not tell. A pid that was used again is taken for the recorder. */
function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}
