import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import fs from "node:fs";
import { systemCode } from "../errors.ts";
import { checkedRows, checkRow } from "./row-check.ts";
import { translate } from "./translate.ts";
import { Turn } from "./turn.ts";

/** Of a log that is moved into the file: 16 MB. */
const CHECKPOINT_BYTES = 4000 * 4096;
/** Of a log that readers, who overlap, keep from beginning anew: from here on they are waited for, for a moment. */
const LONG_LOG_BYTES = 64 << 20;
const READERS_WAIT_MS = 100;

/** How long a slice that met another's lock is taken to be one of many. */
const CROWDED_MS = 2000;

/** How long the closing of a step lets short writes go first. */
const UNHURRIED_MS = 1000;
/** Who has waited so long is one of many. */
const LONG_WAIT_MS = 100;

/** Where another process has the database open. */
const PAUSE_MS = 5;

/** How long a statement waits for another process's lock. */
export const BUSY_TIMEOUT_MS = 5000;
/** Between two looks at a lock, give or take half of it. */
const LONGEST_PAUSE_MS = 16;

/** A value as SQLite hands it out. Integers above 2^53 lose their last digits: nothing here is that large. */
export type Value = string | number | null | Uint8Array;
export type Record = { [column: string]: Value };

/** An open database. All SQL of the program goes through it, so that every SQLite error is translated here. */
export class Store {
  readonly #db: Database;
  readonly #turn: Turn;
  #crowdedUntilMs = 0;
  readonly #statements = new Map<string, Statement>();
  #checkpoints = false;
  #longLogBytes = LONG_LOG_BYTES;
  #rehearsing = false;

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
      return this.#rehearsing ? [] : checkedRows(statement.iterate(...params) as Iterable<T>, this.path);
    });
  }

  /** The first row, or null. */
  get<T = Record>(sql: string, ...params: SQLQueryBindings[]): T | null {
    return this.#guard(() => {
      const statement = this.#prepare(sql);
      return this.#rehearsing ? ({} as T) : checkRow(statement.get(...params) as T | null, this.path);
    });
  }

  run(sql: string, ...params: SQLQueryBindings[]): { changes: number; lastInsertRowid: number } {
    return this.#guard(() => {
      const statement = this.#prepare(sql);
      if (this.#rehearsing) return { changes: 0, lastInsertRowid: 0 };
      const { changes, lastInsertRowid } = statement.run(...params);
      return { changes, lastInsertRowid: Number(lastInsertRowid) };
    });
  }

  /** One INSERT for `count` rows, in order. Returns the first and the last row's id; 0 for no rows. */
  insertRows(sql: string, count: number, rowOf: (i: number) => SQLQueryBindings[]): { first: number; last: number } {
    return this.#guard(() => {
      const statement = this.#prepare(sql);
      if (this.#rehearsing || count === 0) return { first: 0, last: 0 };
      const first = Number(statement.run(...rowOf(0)).lastInsertRowid);
      let last = first;
      for (let i = 1; i < count; i++) last = Number(statement.run(...rowOf(i)).lastInsertRowid);
      return { first, last };
    });
  }

  /**
   * Goes through `work` without asking the database or changing it, so that its statements are prepared when it is done in
   * earnest. Every answer is an empty row, or no rows. Never throws.
   */
  rehearse(work: () => void): void {
    this.#rehearsing = true;
    try {
      work();
    } catch {
      // In earnest it will say what is wrong.
    } finally {
      this.#rehearsing = false;
    }
  }

  /**
   * A write transaction that takes its lock at the start: a deferred one fails at once, without waiting, when
   * another process wrote between its first read and its first write. Throws LOCKED when it could not begin.
   * `unhurried` is a larger one that nobody waits for: it lets the others go first, for a second.
   */
  immediate<T>(work: () => T, unhurried = false): T {
    return this.#guard(() => {
      if (this.#tryBegin() === undefined) return this.#transact(work);
      const noMoreWaiting = unhurried ? () => {} : this.#turn.announce();
      try {
        this.#waitToBegin(unhurried);
        return this.#transact(work);
      } finally {
        noMoreWaiting();
      }
    });
  }

  /**
   * The same for one slice of a long work: lets every short write go first, and waits for as long as others get on.
   * Throws LOCKED when nobody did for the busy timeout. Undefined when it was to stop before its turn came.
   */
  async patient<T>(work: () => T, stop: () => boolean = () => false): Promise<T | undefined> {
    this.#guard(() => {
      this.#takeCheckpoints();
      this.#shortenLog();
    });
    const patience = new Patience(() => this.#dataVersion());
    for (;;) {
      if (this.#mayTakeTurn()) {
        const beganMs = Date.now();
        if (this.#guard(() => this.#tryBegin()) === undefined) {
          const result = this.#guard(() => this.#transact(work));
          if (this.#isCrowded) await this.#turn.restIfOverrun(beganMs);
          return result;
        }
        this.#crowdedUntilMs = nowMs() + CROWDED_MS;
      }
      if (stop()) return undefined;
      if (patience.isOver) return this.immediate(work);
      await Bun.sleep(2 + Math.random() * 6);
    }
  }

  /**
   * Moves a log that has grown into the file, as far as readers let it: to be called by who has done its work. Where nobody
   * does, the last one to close the database does.
   */
  settleLog(): void {
    this.#guard(() => {
      if (this.#logBytes() < CHECKPOINT_BYTES) return;
      this.#db.run("PRAGMA wal_checkpoint(PASSIVE)");
      this.#shortenLog();
    });
  }

  /** Between two slices of a long work: programs that wait with SQLite's own means only look in now and then. */
  async breathe(): Promise<void> {
    await Bun.sleep(this.#turn.hasCompany ? PAUSE_MS : 0);
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

  /** One indexer alone leaves room enough between its slices; of several, the next one is always there at once. */
  #mayTakeTurn(): boolean {
    return !this.#turn.isWanted && !(this.#isCrowded && this.#turn.isRest);
  }

  get #isCrowded(): boolean {
    return nowMs() < this.#crowdedUntilMs;
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
    const busy = this.#db.query("PRAGMA wal_checkpoint(TRUNCATE)").values()[0]?.[0] !== 0;
    this.#db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    this.#longLogBytes = busy ? 2 * bytes : LONG_LOG_BYTES;
  }

  /** It does not shrink when it begins anew. */
  #logBytes(): number {
    return fs.statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Undefined when a write transaction has begun; SQLite's error when another process has the lock. */
  #tryBegin(): unknown {
    try {
      this.#db.run("PRAGMA busy_timeout = 0");
      this.#db.run("BEGIN IMMEDIATE");
      return undefined;
    } catch (error) {
      if (systemCode(error)?.startsWith("SQLITE_BUSY")) return error;
      throw error;
    } finally {
      this.#db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  /** SQLite's own busy handler sleeps for up to 0.1 s between two looks, in which the lock was free many times. */
  #waitToBegin(unhurried: boolean): void {
    const patience = new Patience(() => this.#dataVersion());
    const sinceMs = nowMs();
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      Bun.sleepSync(pauseMs * (0.5 + Math.random()));
      if (unhurried && this.#mustWait(nowMs() - sinceMs) && !patience.isOver) continue;
      const busy = this.#tryBegin();
      if (busy === undefined) return;
      if (patience.isOver) throw busy;
    }
  }

  /** In a crowd other programs, which look in rarely, would hardly ever find the lock free without a rest. */
  #mustWait(waitedMs: number): boolean {
    return (waitedMs < UNHURRIED_MS && this.#turn.isWanted) || (waitedMs > LONG_WAIT_MS && this.#turn.isRest);
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

/** Waits on while others get on: it is over when nobody has committed for the busy timeout, or after four of them. */
class Patience {
  readonly #endMs = nowMs() + 4 * BUSY_TIMEOUT_MS;
  #stuckMs = nowMs() + BUSY_TIMEOUT_MS;
  #version: unknown;

  constructor(private readonly dataVersion: () => unknown) {
    this.#version = dataVersion();
  }

  get isOver(): boolean {
    const version = this.dataVersion();
    if (version !== this.#version) {
      this.#version = version;
      this.#stuckMs = nowMs() + BUSY_TIMEOUT_MS;
    }
    return nowMs() > Math.min(this.#stuckMs, this.#endMs);
  }
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
