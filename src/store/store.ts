import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { systemCode } from "../errors.ts";
import { translate } from "./translate.ts";
import { Turn } from "./turn.ts";

/** How long a slice that met another's lock is taken to be one of many. */
const CROWDED_MS = 2000;

/** How long a statement waits for another process's lock. */
export const BUSY_TIMEOUT_MS = 5000;

/** A value as SQLite hands it out. Integers above 2^53 lose their last digits: nothing here is that large. */
export type Value = string | number | null | Uint8Array;
export type Record = { [column: string]: Value };

/** An open database. All SQL of the program goes through it, so that every SQLite error is translated here. */
export class Store {
  readonly #db: Database;
  readonly #turn: Turn;
  #crowdedUntilMs = 0;
  readonly #statements = new Map<string, Statement>();

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
    return this.#guard(() => this.#prepare(sql).all(...params) as T[]);
  }

  /** The first row, or null. */
  get<T = Record>(sql: string, ...params: SQLQueryBindings[]): T | null {
    return this.#guard(() => this.#prepare(sql).get(...params) as T | null);
  }

  run(sql: string, ...params: SQLQueryBindings[]): { changes: number; lastInsertRowid: number } {
    return this.#guard(() => {
      const { changes, lastInsertRowid } = this.#prepare(sql).run(...params);
      return { changes, lastInsertRowid: Number(lastInsertRowid) };
    });
  }

  /**
   * A write transaction that takes its lock at the start: a deferred one fails at once, without waiting, when
   * another process wrote between its first read and its first write.
   */
  immediate<T>(work: () => T): T {
    return this.#guard(() => {
      if (this.#beginAtOnce()) return this.#transact(work);
      const noMoreWaiting = this.#turn.announce();
      try {
        this.#db.run("BEGIN IMMEDIATE");
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
    let version = this.#dataVersion();
    let deadline = nowMs() + BUSY_TIMEOUT_MS;
    while (nowMs() < deadline) {
      if (this.#mayTakeTurn()) {
        if (this.#guard(() => this.#beginAtOnce())) return this.#guard(() => this.#transact(work));
        this.#crowdedUntilMs = nowMs() + CROWDED_MS;
      }
      if (stop()) return undefined;
      await Bun.sleep(2 + Math.random() * 6);
      if (this.#dataVersion() === version) continue;
      version = this.#dataVersion();
      deadline = nowMs() + BUSY_TIMEOUT_MS;
    }
    return this.immediate(work);
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
    return !this.#turn.isWanted && !(nowMs() < this.#crowdedUntilMs && this.#turn.isRest);
  }

  /** False when another process has the write lock. */
  #beginAtOnce(): boolean {
    try {
      this.#db.run("PRAGMA busy_timeout = 0");
      this.#db.run("BEGIN IMMEDIATE");
      return true;
    } catch (error) {
      if (systemCode(error)?.startsWith("SQLITE_BUSY")) return false;
      throw error;
    } finally {
      this.#db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
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

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
