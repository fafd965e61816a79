import { readText } from "../../sys/processes.ts";
import type { ResourceUsage } from "../platform.ts";

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
