import fs from "node:fs";
import { lockByte } from "../sys/locks.ts";

/** fcntl(2): locks that belong to an open file, not to a process, and that a closed descriptor of another leaves alone. */
const F_GETLK = 5;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

/** Of every so many milliseconds, on the clock that all processes share, the first ones belong to short writes. */
const PERIOD_MS = 700;
const REST_MS = 130;

/** Of the shared-memory file: whoever has the database open, and has looked into it, has a lock on this byte. */
const OPEN_BYTE = 128n; // "DMS" in os_unix.c, the same since 3.7.0

/** Bytes of the write-ahead log that stand for something when they are locked. */
const Byte = { waiting: 0n, resting: 1n } as const;

/**
 * Who writes next, when many want to: SQLite lets those who wait poll, up to 0.1 s apart, and one that writes slice
 * upon slice wins nearly always. So a short write that has met a lock says that it waits, by a shared lock on the
 * write-ahead log, and an indexer begins no further slice while somebody does. SQLite itself locks other
 * files, and the kernel lets go when a process dies. An advice and no more: where there is no such lock, nobody waits.
 */
export class Turn {
  readonly #file: string;
  #fd = -1;
  readonly #shared: string;
  /** Never closed: with any descriptor of that file the kernel would take away the locks that SQLite has on it here. */
  #sharedFd = -1;

  constructor(database: string) {
    this.#file = `${database}-wal`;
    this.#shared = `${database}-shm`;
  }

  /** False when no other process has the database open: then nobody can be waiting. True where that is not known. */
  get hasCompany(): boolean {
    try {
      if (this.#sharedFd < 0) this.#sharedFd = fs.openSync(this.#shared, "r");
      return lockByte(this.#sharedFd, F_GETLK, F_WRLCK, OPEN_BYTE) !== F_UNLCK;
    } catch {
      return true;
    }
  }

  /** Says that a short write waits. Returns what takes that back. */
  announce(): () => void {
    return this.#mark(Byte.waiting);
  }

  /** Whether a short write of another process waits. */
  get isWanted(): boolean {
    return this.#isMarked(Byte.waiting);
  }

  /**
   * Whether all indexers rest: for other programs (the Go build, sqlite3), which wait without a word. Longer than the
   * longest pause of SQLite's own busy handler, they find the lock free within a second, however many index.
   */
  get isRest(): boolean {
    return Date.now() % PERIOD_MS < REST_MS || this.#isMarked(Byte.resting);
  }

  /** To be called after a slice that began at `beganMs`: where it ran on into a rest, that begins anew for everyone. */
  async restIfOverrun(beganMs: number): Promise<void> {
    if (Math.floor(beganMs / PERIOD_MS) === Math.floor(Date.now() / PERIOD_MS)) return;
    const end = this.#mark(Byte.resting);
    await Bun.sleep(REST_MS);
    end();
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Returns what takes the mark away again. */
  #mark(byte: bigint): () => void {
    this.#lock(F_OFD_SETLK, F_RDLCK, byte);
    return () => void this.#lock(F_OFD_SETLK, F_UNLCK, byte);
  }

  /** Whether another process has marked it. */
  #isMarked(byte: bigint): boolean {
    const found = this.#lock(F_OFD_GETLK, F_WRLCK, byte);
    return found !== undefined && found !== F_UNLCK;
  }

  #lock(command: number, type: number, byte: bigint): number | undefined {
    try {
      if (this.#fd < 0) this.#fd = fs.openSync(this.#file, "r");
    } catch {
      return undefined;
    }
    return lockByte(this.#fd, command, type, byte);
  }
}
