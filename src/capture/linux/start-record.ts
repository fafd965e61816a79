import fs from "node:fs";

/** What the caller gave this process, noted down before Bun changed it. */
export interface StartRecord {
  /** The soft limit of open files. */
  readonly fileLimit: bigint;
  /** The ignored ones of signals 1 to 33; 1 is bit 0. The last two are those that glibc keeps for itself. */
  readonly ignoredSignals: bigint;
}

/** The bytes `scenariolog rec1`, as two words. */
export const SIGNATURE = [0x6f6972616e656373n, 0x3163657220676f6cn] as const;
/** Before the entry point: the signature, and from there the distances to the record and to Bun's first instruction. */
export const HEADER_BYTES = 32;
/** 1 if complete; the soft and the hard limit of open files; the ignored signals. Eight bytes each. */
export const RECORD_BYTES = 32;

const AT_ENTRY = 9n;

/**
 * Our compiled executables for Linux note it down themselves, in their first instructions (scripts/build/elf-start.ts).
 * Undefined in any other: the source or the npm package under Bun, or the executable given to ld.so as an argument.
 */
export function readStartRecord(pid: number | "self" = "self"): StartRecord | undefined {
  // Plain loops and indices: what a process does once is not compiled, and destructuring costs it 0.1 ms.
  const words = new BigUint64Array(128);
  const open: number[] = [];
  try {
    open[0] = fs.openSync(`/proc/${pid}/auxv`, "r");
    fs.readSync(open[0], words, 0, words.byteLength, null);
    const entry = entryPoint(words);
    // Not by a pointer: a read of what is not mapped fails here, and does not crash.
    open[1] = fs.openSync(`/proc/${pid}/mem`, "r");
    fs.readSync(open[1], words, 0, HEADER_BYTES, entry - BigInt(HEADER_BYTES));
    if (words[0] !== SIGNATURE[0] || words[1] !== SIGNATURE[1]) return undefined;
    const record = new BigUint64Array(RECORD_BYTES / 8);
    fs.readSync(open[1], record, 0, RECORD_BYTES, entry + BigInt.asIntN(64, words[2]!));
    return record[0] === 1n ? { fileLimit: record[1]!, ignoredSignals: record[3]! } : undefined;
  } catch {
    return undefined; // no /proc, or not for us
  } finally {
    for (let i = 0; i < open.length; i++) fs.closeSync(open[i]!);
  }
}

/** Where the kernel has put it, in the pairs of getauxval(3). */
function entryPoint(vector: BigUint64Array): bigint {
  for (let i = 0; i < vector.length; i += 2) if (vector[i] === AT_ENTRY) return vector[i + 1]!;
  throw new Error("no AT_ENTRY");
}
