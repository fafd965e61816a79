import { readText, statOf } from "../../sys/processes.ts";

/** A process that has had this much of a CPU since is not between two calls of kill(2). */
const BETWEEN_TWO_CALLS_NS = 2_000_000;
const PAUSE_MS = 5;

/**
 * Waits, for `limitMs` at most, until a signal that came just now has reached everyone it was meant for. timeout(1)
 * signals its child and then its group; on a busy machine it may get no CPU between the two for a long time, and is
 * runnable all the while. So it is not the clock that tells: whoever is our parent, or leads our group, has to have gone
 * to sleep since, or to have been at work for longer than that takes.
 */
export async function senderIsDone(limitMs: number): Promise<void> {
  const own = statOf(process.pid);
  if (own === null) return;
  const suspects = [...new Set([own.ppid, own.pgrp])]
    .filter((pid) => pid > 0 && pid !== process.pid)
    .map((pid) => ({ pid, sinceNs: cpuNsOf(pid) }));
  const isAtIt = ({ pid, sinceNs }: (typeof suspects)[number]) => {
    const stat = statOf(pid);
    return stat?.runnable && stat.pgrp === own.pgrp && cpuNsOf(pid) - sinceNs < BETWEEN_TWO_CALLS_NS;
  };
  const endMs = Bun.nanoseconds() / 1e6 + limitMs;
  do await Bun.sleep(PAUSE_MS);
  while (suspects.some(isAtIt) && Bun.nanoseconds() / 1e6 < endMs);
}

/** Of its first thread; 0 where the kernel does not say, or there is no such process. */
function cpuNsOf(pid: number): number {
  return Number.parseInt(readText(`/proc/${pid}/schedstat`), 10) || 0;
}
