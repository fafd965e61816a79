import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { openReader } from "./read-only.ts";
import { checkedRows, checkRow } from "./row-check.ts";
import { realDatabase } from "./side-files.ts";
import { BUSY_TIMEOUT_MS, Transactions } from "./transactions.ts";
import { translate } from "./translate.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";
import { WriteQueue } from "./write-queue.ts";

/** A value as SQLite hands it out. Integers above 2^53 lose their last digits: nothing here is that large. */
export type Value = string | number | null | Uint8Array;
export type Row = { [column: string]: Value };

/** An open database. All SQL of the program goes through it, so that every SQLite error is translated here. */
export class Store {
  readonly #db: Database;
  readonly #queue: WriteQueue;
  readonly #log: WriteAheadLog;
  readonly #transactions: Transactions;
  readonly #statements = new Map<string, Statement>();
  #foundReaders = false;

  constructor(
    db: Database,
    readonly path: string,
    /** Whether this SQLite has the FTS5 module. */
    readonly fts5: boolean,
    /** Whether it has, and the file has the index table. */
    readonly fts: boolean,
    private readonly tables: ReadonlySet<string>,
    /** What to tell the user who makes this database, or starts a run in it, about the place where it lies. */
    readonly caveat: string | null = null,
  ) {
    // SQLite keeps the log beside the file itself, not beside a link to it.
    const file = realDatabase(path);
    this.#db = db;
    this.#queue = new WriteQueue(file);
    this.#log = new WriteAheadLog(db, file, BUSY_TIMEOUT_MS);
    this.#transactions = new Transactions(db, this.#queue, this.#log);
  }

  all<T = Row>(sql: string, ...params: SQLQueryBindings[]): T[] {
    return this.#guard(() => checkedRows(this.#prepare(sql).iterate(...params) as Iterable<T>, this.path));
  }

  /** The first row, or null. */
  get<T = Row>(sql: string, ...params: SQLQueryBindings[]): T | null {
    return this.#guard(() => checkRow(this.#prepare(sql).get(...params) as T | null, this.path));
  }

  run(sql: string, ...params: SQLQueryBindings[]): { changes: number; lastInsertRowid: number } {
    return this.#guard(() => {
      const { changes, lastInsertRowid } = this.#prepare(sql).run(...params);
      return { changes, lastInsertRowid: Number(lastInsertRowid) };
    });
  }

  /** Runs one INSERT for each of `count` rows, in order. Returns the first and the last row's id; 0 for no rows. */
  insertRows(sql: string, count: number, rowOf: (i: number) => SQLQueryBindings[]): { first: number; last: number } {
    return this.#guard(() => {
      if (count === 0) return { first: 0, last: 0 };
      const statement = this.#prepare(sql);
      const first = Number(statement.run(...rowOf(0)).lastInsertRowid);
      let last = first;
      for (let i = 1; i < count; i++) last = Number(statement.run(...rowOf(i)).lastInsertRowid);
      return { first, last };
    });
  }

  /** Runs a short write transaction, after those that wait already. Throws LOCKED if it could not begin. */
  transaction<T>(work: () => T): T {
    return this.#guard(() => this.#transactions.run(work));
  }

  /**
   * Runs one slice of a long work that nobody waits for, between the transactions of others. Returns undefined if it was told
   * to stop before its turn came. Throws LOCKED if it could not begin.
   */
  async backgroundTransaction<T>(work: () => T, stop: () => boolean = () => false): Promise<T | undefined> {
    try {
      return await this.#transactions.runInBackground(work, stop);
    } catch (error) {
      throw translate(error, this.path);
    }
  }

  /**
   * Moves a write-ahead log of at least `leastBytes` (16 MB) into the file, as far as readers allow, for a caller that has
   * done its work. If nobody calls it, the last connection to close moves the log.
   */
  checkpoint(leastBytes?: number): void {
    this.#guard(() => this.#log.checkpoint(leastBytes));
  }

  /** Cuts the write-ahead log to nothing. Throws LOCKED if others are in the way. */
  cutLog(): void {
    this.#guard(() => this.#log.cut());
  }

  /** Tells other recorders that this one has the database open. `foundLog`: whether there was a log before. */
  join(foundLog: boolean): this {
    const isFirst = this.#queue.join();
    this.#foundReaders = foundLog && isFirst;
    return this;
  }

  /** Whether the database had this table when it was opened. */
  hasTable(name: string): boolean {
    return this.tables.has(name);
  }

  close(): void {
    this.#queue.close();
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#db.close();
  }

  /**
   * Closes the database for a short record that others may follow. The last connection that closes moves the log into
   * the file and removes it, and locks everybody out meanwhile: a `sqlite3 -readonly` that comes then fails at once. But
   * such a reader leaves a log behind, or keeps the last writer from removing it. So a recorder that found a log empties it
   * beside the readers first, and leaves it there. It does not do so while there are other recorders, who would wait for the
   * sync of a log that begins anew; and it closes as usual if others are in the way.
   */
  closeAsFound(): void {
    const isLast = this.#queue.leave();
    const reader = this.#foundReaders && isLast && this.#log.emptyBesideReaders() ? openReader(this.path) : null;
    this.close();
    reader?.close();
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
