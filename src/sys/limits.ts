import { core } from "./core.ts";
import { withMemory } from "./memory.ts";

/** Of open files. */
export interface FileLimit {
  readonly soft: bigint;
  readonly hard: bigint;
}

const RLIMIT_NOFILE = 7;
/** For prlimit(2): this process. */
const SELF = 0;

/** Null when there is no such process, or it is another user's. */
export function fileLimitOf(pid = SELF): FileLimit | null {
  return withMemory((memory) => {
    const limit = memory.longs(0n, 0n);
    if (core().prlimit(pid, RLIMIT_NOFILE, null, limit.address) !== 0) return null;
    return { soft: limit.data.getBigUint64(0, true), hard: limit.data.getBigUint64(8, true) };
  });
}

/** Of this process. Where the system refuses it, the limit stays as it is. */
export function setFileLimit({ soft, hard }: FileLimit): void {
  withMemory((memory) => core().prlimit(SELF, RLIMIT_NOFILE, memory.longs(soft, hard).address, null));
}
