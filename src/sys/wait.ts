import { core } from "./core.ts";
import { withMemory } from "./memory.ts";

const WNOHANG = 1;
/** The size of Linux's struct rusage on 64 bit: https://man7.org/linux/man-pages/man2/getrusage.2.html */
const RUSAGE_BYTES = 144;

/** A child that wait4(2) has reaped. */
export interface Waited {
  /** 0 when none has ended, -1 when there is none: then the rest says nothing. */
  readonly pid: number;
  readonly status: number;
  /** Two words each of user and system time (seconds, microseconds), then the most memory at once in kilobytes. */
  readonly rusage: BigInt64Array;
}

/** Reaps a child, or any for -1, if one has ended; does not wait. */
export function reapOne(pid: number): Waited {
  return withMemory((memory) => {
    const status = memory.ints(0);
    const rusage = memory.block(RUSAGE_BYTES);
    const reaped = core().wait4(pid, status.address, WNOHANG, rusage.address);
    const words = Array.from({ length: 5 }, (_, i) => rusage.data.getBigInt64(8 * i, true));
    return { pid: reaped, status: status.data.getInt32(0, true), rusage: BigInt64Array.from(words) };
  });
}

/** Waits for the end of a child. */
export function waitFor(pid: number): void {
  core().wait4(pid, null, 0, null);
}
