import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";
import { translate } from "./translate.ts";

/** A value as SQLite hands it out. Integers above 2^53 lose their last digits: nothing here is that large. */
export type Value = string | number | null | Uint8Array;
export type Record = { [column: string]: Value };

/** An open database. All SQL of the program goes through it, so that every SQLite error is translated here. */
export class Store {
  readonly #db: Database;
  readonly #statements = new Map<string, Statement>();

  constructor(
    db: Database,
    readonly path: string,
    /** Whether this SQLite has the FTS5 module. */
    readonly fts5: boolean,
    /** Whether it has, and the file has the index table. */
    readonly fts: boolean,
  ) {
    this.#db = db;
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
      this.#db.run("BEGIN IMMEDIATE");
      try {
        const result = work();
        this.#db.run("COMMIT");
        return result;
      } catch (error) {
        // After SQLITE_FULL and the like SQLite has rolled back by itself.
        if (this.#db.inTransaction) this.#db.run("ROLLBACK");
        throw error;
      }
    });
  }

  hasTable(name: string): boolean {
    return this.get("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name) !== null;
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    this.#db.close();
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
