import type { Database } from "bun:sqlite";
import fs from "node:fs";

/** A log of this size is moved into the file: 16 MB. */
const CHECKPOINT_BYTES = 4000 * 4096;
/** Readers that overlap keep a log from beginning anew. From this size on a checkpoint waits for them, for a moment. */
const LONG_LOG_BYTES = 64 << 20;
const READERS_WAIT_MS = 100;
/** After a wait in vain the next one comes when the log has grown by a quarter: a reader that stays costs little. */
const RETRY_GROWTH = 1.25;
/** A short record that closes waits 1, 2 and 4 ms for readers of an earlier state. */
const LONGEST_READER_PAUSE_MS = 4;

/** The write-ahead log of an open database, and when it is moved into the file. Methods throw SQLite's errors. */
export class WriteAheadLog {
  #isAutomatic = false;
  #longBytes = LONG_LOG_BYTES;

  constructor(
    private readonly db: Database,
    /** The database's real path. */
    private readonly database: string,
    private readonly busyTimeoutMs: number,
  ) {}

  /**
   * Lets SQLite move the log into the file at a commit now and then. Only background transactions ask for it: a slow reader may
   * have let gigabytes pile up, for which a short write would have to wait.
   */
  checkpointAtCommits(): void {
    if (this.#isAutomatic) return;
    this.db.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_BYTES / 4096}`);
    this.#isAutomatic = true;
  }

  /** Moves a log of at least `leastBytes` into the file, as far as readers allow, without waiting for any. */
  checkpoint(leastBytes = CHECKPOINT_BYTES): void {
    if (this.#sizeBytes() < Math.max(1, leastBytes)) return;
    this.#move("PASSIVE");
    this.shorten();
  }

  /**
   * Cuts a long log. A checkpoint that waits for nobody would let the log grow as long as there is always some reader in it,
   * though each of them is soon gone.
   */
  shorten(): void {
    const bytes = this.#sizeBytes();
    if (bytes < this.#longBytes) return;
    this.db.run(`PRAGMA busy_timeout = ${READERS_WAIT_MS}`);
    try {
      const [busy] = this.#move("TRUNCATE");
      this.#longBytes = busy !== 0 ? RETRY_GROWTH * bytes : LONG_LOG_BYTES;
    } finally {
      this.db.run(`PRAGMA busy_timeout = ${this.busyTimeoutMs}`);
    }
  }

  /**
   * Moves the whole log into the file and cuts it to nothing, so that the next transaction needs no room after it: it may fit
   * on a disk that has just been full.
   */
  cut(): void {
    this.#move("TRUNCATE");
  }

  /**
   * Empties the log beside readers, for whom it stays, before this connection closes. Waits for short readers only. Returns
   * false, and never throws, if the file does not hold everything now.
   */
  emptyBesideReaders(): boolean {
    try {
      if (!this.#isShared()) return false;
      for (let pauseMs = 1; ; pauseMs *= 2) {
        const [busy, frames, moved] = this.#move("PASSIVE");
        if (busy !== 0 || frames < 0) return false;
        if (moved === frames) break;
        if (pauseMs > LONGEST_READER_PAUSE_MS) return false;
        Bun.sleepSync(pauseMs);
      }
      this.db.run("PRAGMA busy_timeout = 0");
      this.#move("TRUNCATE");
      return true;
    } catch {
      return false;
    }
  }

  /** Returns whether somebody was in the way (1), the frames in the log, and those that the file has; -1 without a log. */
  #move(mode: "PASSIVE" | "TRUNCATE"): [busy: number, frames: number, moved: number] {
    return this.db.query(`PRAGMA wal_checkpoint(${mode})`).values()[0] as [number, number, number];
  }

  /** The log's file does not shrink when the log begins anew. 0 without a log. */
  #sizeBytes(): number {
    return fs.statSync(`${this.database}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** False if others who may write to the file could not write to a log that stays. */
  #isShared(): boolean {
    const [file, log] = [fs.statSync(this.database), fs.statSync(`${this.database}-wal`)];
    return file.uid === log.uid && file.gid === log.gid;
  }
}
