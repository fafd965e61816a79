import fs from "node:fs";
import { lockByte } from "../sys/locks.ts";

/** fcntl(2): an OFD lock belongs to an open file, not to a process, and the kernel drops it when its owner dies. */
const F_GETLK = 5;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

/** Bytes of the write-ahead log's file. SQLite itself locks none of them. */
const Byte = {
  /** Locked by the background transaction whose turn it is. */
  slice: 0n,
  /** Locked by the short write whose turn it is, among those that found the database locked. */
  short: 1n,
  /** Locked, shared, by every recorder that has the database open. */
  recorders: 2n,
} as const;

/** What processes take turns with. */
export type Work = "slice" | "short";
/** The byte of the shared memory's file that every process locks while it has the database open. */
const OPEN_BYTE = 128n; // "DMS" in os_unix.c, the same since 3.7.0

/**
 * Lets one process at a time ask for SQLite's lock, one with a slice of a long work and one with a short write, so that many
 * processes leave as many gaps to other programs as one does. It also tells a recorder whether there are others. It is advice:
 * if the system has no such locks, or the database no write-ahead log, it is always everybody's turn, and each is alone.
 */
export class WriteQueue {
  readonly #log: string;
  #logFd = -1;
  readonly #shared: string;
  /** Never closed: closing any descriptor of that file would drop the locks that SQLite has on it in this process. */
  #sharedFd = -1;

  /** `database` is the real path. */
  constructor(database: string) {
    this.#log = `${database}-wal`;
    this.#shared = `${database}-shm`;
  }

  /** False if no other process has the database open. True if that is not known. */
  get hasCompany(): boolean {
    try {
      if (this.#sharedFd < 0) this.#sharedFd = fs.openSync(this.#shared, "r");
      return lockByte(this.#sharedFd, F_GETLK, F_WRLCK, OPEN_BYTE) !== F_UNLCK;
    } catch {
      return true;
    }
  }

  /** Does not wait. False if it is the turn of another process. */
  take(work: Work): boolean {
    return this.#lock(F_OFD_SETLK, F_WRLCK, Byte[work]) !== "refused";
  }

  /** Does nothing if it is not this process's turn. */
  giveBack(work: Work): void {
    this.#lock(F_OFD_SETLK, F_UNLCK, Byte[work]);
  }

  /** Counts as a recorder from now on. Returns whether there was no other one. */
  join(): boolean {
    const isFirst = this.#isAlone;
    this.#lock(F_OFD_SETLK, F_RDLCK, Byte.recorders);
    return isFirst;
  }

  /** No longer counts as a recorder. Returns whether no other one is left: of two that leave at once, at least one is last. */
  leave(): boolean {
    this.#lock(F_OFD_SETLK, F_UNLCK, Byte.recorders);
    return this.#isAlone;
  }

  get #isAlone(): boolean {
    const found = this.#lock(F_OFD_GETLK, F_WRLCK, Byte.recorders);
    return found === F_UNLCK || found === undefined;
  }

  close(): void {
    if (this.#logFd >= 0) fs.closeSync(this.#logFd);
    this.#logFd = -1;
  }

  #lock(command: number, type: number, byte: bigint): ReturnType<typeof lockByte> {
    try {
      if (this.#logFd < 0) this.#logFd = fs.openSync(this.#log, "r+");
    } catch {
      return undefined;
    }
    return lockByte(this.#logFd, command, type, byte);
  }
}
