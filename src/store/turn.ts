import fs from "node:fs";
import { openLibc } from "../libc.ts";

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

/**
 * Who writes next, when many want to: SQLite lets those who wait poll, up to 0.1 s apart, and one that writes slice
 * upon slice wins nearly always. So a short write that has met a lock says that it waits, by a shared flock(2) on the
 * write-ahead log, and an indexer begins no further slice while somebody does. SQLite itself locks other files, and
 * the kernel lets go when a process dies. An advice and no more: where there is no such lock, nobody waits for it.
 */
export class Turn {
  readonly #file: string;
  #fd = -1;

  constructor(database: string) {
    this.#file = `${database}-wal`;
  }

  /** Says that a short write waits. Returns what takes that back. */
  announce(): () => void {
    if (!this.#flock(LOCK_SH | LOCK_NB)) return () => {};
    return () => void this.#flock(LOCK_UN);
  }

  /** Whether a short write of another process waits. */
  get isWanted(): boolean {
    if (this.#flock(LOCK_EX | LOCK_NB) !== false) {
      this.#flock(LOCK_UN);
      return false;
    }
    return true;
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Undefined where there is no such lock to be had. */
  #flock(operation: number): boolean | undefined {
    const call = flock();
    if (!call) return undefined;
    try {
      if (this.#fd < 0) this.#fd = fs.openSync(this.#file, "r");
    } catch {
      return undefined;
    }
    return call(this.#fd, operation) === 0;
  }
}

let opened: ((fd: number, operation: number) => number) | null | undefined;

/** Null where there is no flock: opened when a lock is first met, as most processes never meet one. */
function flock(): typeof opened {
  if (opened !== undefined) return opened;
  try {
    opened = process.platform === "linux" ? openLibc({ flock: { args: ["i32", "i32"], returns: "i32" } }).flock : null;
  } catch {
    opened = null;
  }
  return opened;
}
