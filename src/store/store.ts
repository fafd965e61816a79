// The file is long: every statement of a store shares one connection and one turn in the queue of writers.
import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import fs from "node:fs";
import { systemCode } from "../errors.ts";
import { openReader } from "./read-only.ts";
import { checkedRows, checkRow } from "./row-check.ts";
import { translate } from "./translate.ts";
import { Turn } from "./write-queue.ts";

/** Of a log that is moved into the file: 16 MB. */
const CHECKPOINT_BYTES = 4000 * 4096;
/** Of a log that readers, who overlap, keep from beginning anew: from here on they are waited for, for a moment. */
const LONG_LOG_BYTES = 64 << 20;
const READERS_WAIT_MS = 100;
/** A short record that closes waits for readers of an earlier state: 1, 2 and 4 ms. */
const LONGEST_READER_PAUSE_MS = 4;

/** How long a statement waits for another process's lock, by SQLite's own busy handler. */
export const BUSY_TIMEOUT_MS = 5000;
/** A short write waits so many times as long if others got on meanwhile. */
const MOST_WAITS = 6;

/** Between two looks of a short write at whether it is its turn, give or take half of it. */
const LONGEST_PAUSE_MS = 100;

/** An indexer looks for its turn, and for the lock, this often: nobody waits for it. */
const INDEXER_POLL_MS = 5;
/**
 * Beside other processes an indexer leaves the database alone for this share of the time that its last transaction took,
 * and for no less than a few milliseconds: SQLite's own busy handler looks only every 0.1 s, fifty times in all.
 */
const PAUSE_SHARE = 0.5;
const SHORTEST_PAUSE_MS = 5;

/** A value as SQLite hands it out. Integers above 2^53 lose their last digits: nothing here is that large. */
export type Value = string | number | null | Uint8Array;
export type Record = { [column: string]: Value };

/** An open database. All SQL of the program goes through it, so that every SQLite error is translated here. */
export class Store {
  readonly #db: Database;
  readonly #turn: Turn;
  readonly #statements = new Map<string, Statement>();
  #checkpoints = false;
  #longLogBytes = LONG_LOG_BYTES;
  #foundReaders = false;

  constructor(
    db: Database,
    readonly path: string,
    /** Whether this SQLite has the FTS5 module. */
    readonly fts5: boolean,
    /** Whether it has, and the file has the index table. */
    readonly fts: boolean,
    private readonly tables: ReadonlySet<string>,
    /** What whoever makes this database, or starts a run in it, is to be told about where it lies. */
    readonly caveat: string | null = null,
  ) {
    this.#db = db;
    this.#turn = new Turn(path);
  }

  all<T = Record>(sql: string, ...params: SQLQueryBindings[]): T[] {
    return this.#guard(() => {
      const statement = this.#prepare(sql);
      return checkedRows(statement.iterate(...params) as Iterable<T>, this.path);
    });
  }

  /** The first row, or null. */
  get<T = Record>(sql: string, ...params: SQLQueryBindings[]): T | null {
    return this.#guard(() => {
      const statement = this.#prepare(sql);
      return checkRow(statement.get(...params) as T | null, this.path);
    });
  }

  run(sql: string, ...params: SQLQueryBindings[]): { changes: number; lastInsertRowid: number } {
    return this.#guard(() => {
      const statement = this.#prepare(sql);
      const { changes, lastInsertRowid } = statement.run(...params);
      return { changes, lastInsertRowid: Number(lastInsertRowid) };
    });
  }

  /** One INSERT for `count` rows, in order. Returns the first and the last row's id; 0 for no rows. */
  insertRows(sql: string, count: number, rowOf: (i: number) => SQLQueryBindings[]): { first: number; last: number } {
    return this.#guard(() => {
      const statement = this.#prepare(sql);
      if (count === 0) return { first: 0, last: 0 };
      const first = Number(statement.run(...rowOf(0)).lastInsertRowid);
      let last = first;
      for (let i = 1; i < count; i++) last = Number(statement.run(...rowOf(i)).lastInsertRowid);
      return { first, last };
    });
  }

  /**
   * A write transaction that takes its lock at the start: a deferred one fails at once, without waiting, when
   * another process wrote between its first read and its first write. Throws LOCKED when it could not begin.
   */
  immediate<T>(work: () => T): T {
    return this.#guard(() => {
      if (this.#tryBegin()) return this.#transact(work);
      try {
        this.#waitToBegin();
        const beganMs = nowMs();
        const result = this.#transact(work);
        // While it is still its turn: a crowd whose writes follow each other closely would lock others out.
        Bun.sleepSync(PAUSE_SHARE * (nowMs() - beganMs));
        return result;
      } finally {
        this.#turn.giveBack("short");
      }
    });
  }

  /**
   * The same for one slice of a long work that nobody waits for: one process at a time does such work, and pauses after
   * each slice, so that others find the lock free. Undefined if it was to stop before its turn came.
   */
  async patient<T>(work: () => T, stop: () => boolean = () => false): Promise<T | undefined> {
    this.#guard(() => {
      this.#takeCheckpoints();
      this.#shortenLog();
    });
    // Whoever has the turn may be suspended: the wait ends, and SQLite's lock alone decides.
    const untilMs = nowMs() + BUSY_TIMEOUT_MS;
    try {
      while (!this.#turn.take("slice") && nowMs() < untilMs) {
        if (stop()) return undefined;
        await Bun.sleep(INDEXER_POLL_MS);
      }
      while (!this.#guard(() => this.#tryBegin())) {
        if (stop()) return undefined;
        if (nowMs() > untilMs) return this.immediate(work);
        await Bun.sleep(INDEXER_POLL_MS);
      }
      const beganMs = nowMs();
      const result = this.#guard(() => this.#transact(work));
      await this.#pause(nowMs() - beganMs);
      return result;
    } finally {
      this.#turn.giveBack("slice");
    }
  }

  /**
   * Moves a log that has grown into the file, as far as readers let it: to be called by who has done its work. Where nobody
   * does, the last one to close the database does.
   */
  settleLog(): void {
    this.#guard(() => {
      if (this.#logBytes() < CHECKPOINT_BYTES) return;
      this.#checkpoint("PASSIVE");
      this.#shortenLog();
    });
  }

  /** Makes it known to other recorders that this one has the database open. `foundLog`: before it was opened. */
  join(foundLog: boolean): this {
    const isFirst = this.#turn.join();
    this.#foundReaders = foundLog && isFirst;
    return this;
  }

  /** As it was when the database was opened. */
  hasTable(name: string): boolean {
    return this.tables.has(name);
  }

  close(): void {
    this.#turn.close();
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#db.close();
  }

  /**
   * Closes the database for a short record that others may follow. The last connection that closes moves the log into
   * the file and removes it, and locks everybody out meanwhile: a `sqlite3 -readonly` that comes then fails at once. But
   * such a reader leaves a log behind, or keeps the last writer from removing it: where this recorder found one, it moves
   * its log into the file before, beside the readers, and leaves it there, empty. It does not while other recorders are there, as whoever began the
   * log anew would sync it while they wait; and it closes as usual if others are in the way.
   */
  closeAsFound(): void {
    const isLast = this.#turn.leave();
    const reader = this.#foundReaders && isLast && this.#emptyLog() ? openReader(this.path) : null;
    this.close();
    reader?.close();
  }

  /**
   * Moves the log into the file now and then, at a commit. A short write never does: behind a slow reader gigabytes may
   * have piled up, for which it would have to wait.
   */
  #takeCheckpoints(): void {
    if (this.#checkpoints) return;
    this.#db.run(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_BYTES / 4096}`);
    this.#checkpoints = true;
  }

  /**
   * A checkpoint that waits for nobody leaves the log to grow while there is always some reader in it: for each of them
   * alone the wait is short. After one that stays, it is tried again when the log is twice as long.
   */
  #shortenLog(): void {
    const bytes = this.#logBytes();
    if (bytes < this.#longLogBytes) return;
    this.#db.run(`PRAGMA busy_timeout = ${READERS_WAIT_MS}`);
    const [busy] = this.#checkpoint("TRUNCATE");
    this.#db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    this.#longLogBytes = busy !== 0 ? 2 * bytes : LONG_LOG_BYTES;
  }

  /** Waits for a short reader only. False if the file does not hold everything now. */
  #emptyLog(): boolean {
    try {
      if (!this.#isLogShared()) return false;
      for (let pauseMs = 1; ; pauseMs *= 2) {
        const [busy, frames, moved] = this.#checkpoint("PASSIVE");
        if (busy !== 0 || frames < 0) return false;
        if (moved === frames) break;
        if (pauseMs > LONGEST_READER_PAUSE_MS) return false;
        Bun.sleepSync(pauseMs);
      }
      this.#db.run("PRAGMA busy_timeout = 0");
      this.#checkpoint("TRUNCATE");
      return true;
    } catch {
      return false;
    }
  }

  /** False if others who may write to the file could not write to a log that stays. */
  #isLogShared(): boolean {
    const [file, log] = [fs.statSync(this.path), fs.statSync(`${this.path}-wal`)];
    return file.uid === log.uid && file.gid === log.gid;
  }

  /** Returns whether somebody was in the way (1), the frames in the log, and those that the file has; -1 without a log. */
  #checkpoint(mode: "PASSIVE" | "TRUNCATE"): [number, number, number] {
    return this.#db.query(`PRAGMA wal_checkpoint(${mode})`).values()[0] as [number, number, number];
  }

  /** It does not shrink when it begins anew. */
  #logBytes(): number {
    return fs.statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * Of the short writes that wait, one at a time asks SQLite, by its own busy handler. Throws SQLite's error after the busy
   * timeout, or after six of them if others got on meanwhile.
   */
  #waitToBegin(): void {
    let version = this.#dataVersion();
    for (let wait = 1; ; wait++) {
      const untilMs = nowMs() + BUSY_TIMEOUT_MS;
      // Whoever has waited for long looks more often than those who came later.
      this.#waitForTurn(untilMs, LONGEST_PAUSE_MS / wait ** 2);
      try {
        this.#db.run(`PRAGMA busy_timeout = ${Math.max(0, Math.ceil(untilMs - nowMs()))}`);
        return void this.#db.run("BEGIN IMMEDIATE");
      } catch (error) {
        const before = version;
        version = this.#dataVersion();
        if (!isBusy(error) || wait === MOST_WAITS || version === before) throw error;
      } finally {
        this.#db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      }
    }
  }

  /** Not for ever: whoever has the turn may be suspended. */
  #waitForTurn(untilMs: number, longestPauseMs: number): void {
    for (let pauseMs = 1; !this.#turn.take("short") && nowMs() < untilMs; ) {
      Bun.sleepSync(pauseMs * (0.5 + Math.random()));
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  }

  /** Without waiting. False if another process has the lock. */
  #tryBegin(): boolean {
    try {
      this.#db.run("PRAGMA busy_timeout = 0");
      this.#db.run("BEGIN IMMEDIATE");
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      this.#db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  /** While it is still this indexer's turn. */
  async #pause(lastedMs: number): Promise<void> {
    await Bun.sleep(this.#turn.hasCompany ? Math.max(SHORTEST_PAUSE_MS, PAUSE_SHARE * lastedMs) : 0);
  }

  #transact<T>(work: () => T): T {
    try {
      const result = work();
      this.#db.run("COMMIT");
      return result;
    } catch (error) {
      // After SQLITE_FULL and the like SQLite has rolled back by itself.
      if (this.#db.inTransaction) this.#db.run("ROLLBACK");
      throw error;
    }
  }

  /** Changes when another connection has committed. */
  #dataVersion(): unknown {
    return this.get<{ data_version: number }>("PRAGMA data_version")?.data_version;
  }

  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw translate(error, this.path);
    }
  }
}

function isBusy(error: unknown): boolean {
  return systemCode(error)?.startsWith("SQLITE_BUSY") === true;
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
