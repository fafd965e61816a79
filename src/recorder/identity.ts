import { linkOf, readText, statOf } from "../capture/processes.ts";
import type { RecorderIdentity } from "../store/attempts.ts";

/** Who we are, as `attempts` keeps it. */
export function ownIdentity(): RecorderIdentity {
  return {
    recorder_pid: process.pid,
    recorder_start: statOf(process.pid)?.startTicks ?? "",
    boot_id: bootId(),
    pid_namespace: pidNamespace(),
  };
}

/**
 * Whether the recorder of an attempt may still be at work. A process of another boot (or machine) is gone; one of
 * another pid namespace of this kernel (a container) cannot be looked at, and counts as alive.
 */
export function isAlive(recorder: RecorderIdentity): boolean {
  const { recorder_pid: pid, recorder_start: start, boot_id: boot, pid_namespace: namespace } = recorder;
  if (pid === null || boot !== bootId()) return false;
  if (namespace !== pidNamespace()) return true;
  if (start === "") return answers(pid);
  const process = statOf(pid);
  return process !== null && !process.zombie && process.startTicks === start;
}

function bootId(): string {
  return readText("/proc/sys/kernel/random/boot_id").trim();
}

function pidNamespace(): string {
  return linkOf("/proc/self/ns/pid");
}

/** Where there is no /proc: a pid that was used again cannot be told. */
function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}
