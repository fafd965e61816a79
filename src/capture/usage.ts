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

/** The size of Linux's struct rusage on 64 bit: https://man7.org/linux/man-pages/man2/getrusage.2.html */
export const RUSAGE_BYTES = 144;

/** Reads what wait4(2) wrote. `floorKilobytes` is our own peak when the process was started. */
export function usageOf(rusage: BigInt64Array, floorKilobytes: number): ResourceUsage {
  const ms = (at: number) => Math.round(Number(rusage[at]!) * 1000 + Number(rusage[at + 1]!) / 1000);
  return {
    userMs: ms(0),
    sysMs: ms(2),
    maxRssBytes: Number(rusage[4]!) * 1024,
    maxRssFloorBytes: floorKilobytes * 1024,
  };
}
