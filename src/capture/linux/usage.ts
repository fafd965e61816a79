import { readText } from "../../sys/processes.ts";

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

/** Reads what wait4(2) wrote. `floorKilobytes` is at least our own peak when the process was started. */
export function usageOf(rusage: BigInt64Array, floorKilobytes: number): ResourceUsage {
  const ms = (at: number) => Math.round(Number(rusage[at]!) * 1000 + Number(rusage[at + 1]!) / 1000);
  const maxRssKilobytes = Number(rusage[4]!);
  const floor = maxRssKilobytes > floorKilobytes ? floorKilobytes : Math.min(floorKilobytes, ownPeakKilobytes());
  return { userMs: ms(0), sysMs: ms(2), maxRssBytes: maxRssKilobytes * 1024, maxRssFloorBytes: floor * 1024 };
}

/** Of this program alone: what getrusage(2) says includes the one that started us, while we were still a copy of it. */
function ownPeakKilobytes(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readText("/proc/self/status"))?.[1] ?? Number.POSITIVE_INFINITY);
}
