import fs from "node:fs";

/** What the caller gave this process, recorded before Bun changed it. */
export interface StartRecord {
  /** The soft limit of open files. */
  readonly fileLimit: bigint;
  /** Which of signals 1 to 33 are ignored; signal 1 is bit 0. glibc keeps the last two for itself. */
  readonly ignoredSignals: bigint;
  /**
   * A descriptor (O_PATH, close-on-exec) of the caller's working directory if that has no path: it was deleted or unmounted.
   * The process then runs in /proc/self/fdinfo. Null for every other directory.
   */
  readonly directory: number | null;
}

/** The bytes `scenariolog rec2`, as two words. */
export const SIGNATURE = [0x6f6972616e656373n, 0x3263657220676f6cn] as const;
/** What precedes the entry point: the signature, and the distances from the entry point to the record and to Bun's first instruction. */
export const HEADER_BYTES = 32;
/** 1 if complete; the soft and the hard limit of open files; the ignored signals; the directory, or 0. Eight bytes each. */
export const RECORD_BYTES = 40;

const AT_ENTRY = 9n;

/**
 * Reads the record that our compiled executables for Linux make in their first instructions (scripts/build/elf-start.ts).
 * Undefined in any other process: the source or the npm package under Bun, or the executable given to ld.so as an argument.
 */
export function readStartRecord(pid: number | "self" = "self"): StartRecord | undefined {
  // Plain loops and indices: code that runs once is not compiled, and destructuring costs it 0.1 ms.
  const words = new BigUint64Array(128);
  const open: number[] = [];
  try {
    open[0] = fs.openSync(`/proc/${pid}/auxv`, "r");
    fs.readSync(open[0], words, 0, words.byteLength, null);
    const entry = entryPoint(words);
    // Not through a pointer: reading an unmapped address fails here instead of crashing.
    open[1] = fs.openSync(`/proc/${pid}/mem`, "r");
    fs.readSync(open[1], words, 0, HEADER_BYTES, entry - BigInt(HEADER_BYTES));
    if (words[0] !== SIGNATURE[0] || words[1] !== SIGNATURE[1]) return undefined;
    const record = new BigUint64Array(RECORD_BYTES / 8);
    fs.readSync(open[1], record, 0, RECORD_BYTES, entry + BigInt.asIntN(64, words[2]!));
    if (record[0] !== 1n) return undefined;
    const directory = record[4] === 0n ? null : Number(record[4]);
    return { fileLimit: record[1]!, ignoredSignals: record[3]!, directory };
  } catch {
    return undefined; // no /proc, or no permission
  } finally {
    for (let i = 0; i < open.length; i++) fs.closeSync(open[i]!);
  }
}

/** The address of the entry point, from the pairs of getauxval(3). */
function entryPoint(vector: BigUint64Array): bigint {
  for (let i = 0; i < vector.length; i += 2) if (vector[i] === AT_ENTRY) return vector[i + 1]!;
  throw new Error("no AT_ENTRY");
}
