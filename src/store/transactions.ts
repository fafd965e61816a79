import type { Database } from "bun:sqlite";
import { systemCode } from "../errors.ts";
import type { WriteAheadLog } from "./write-ahead-log.ts";
import type { WriteQueue } from "./write-queue.ts";

/** How long a statement waits for another process's lock, by SQLite's own busy handler. */
export const BUSY_TIMEOUT_MS = 5000;
/** A short write waits this many times as long if others got on meanwhile. */
const MOST_WAITS = 6;
/** The longest pause between two questions of a short write for its turn, give or take a half. */
const LONGEST_PAUSE_MS = 100;
/** What SQLite's busy handler gets after the turn did not come: whoever has it may be suspended. */
const LEAST_TRY_MS = 500;

/** How often a background transaction asks for its turn, and for the lock: nobody waits for it. */
const BACKGROUND_POLL_MS = 5;
/**
 * The share of its own time for which a background transaction then leaves the database alone, if other processes have it open,
 * and the least pause: SQLite's own busy handler asks only every 0.1 s, fifty times in all.
 */
const PAUSE_SHARE = 0.5;
const SHORTEST_PAUSE_MS = 5;

/**
 * Write transactions of one connection. Each takes its lock at the start: a deferred one fails at once, without waiting, when
 * another process wrote between its first read and its first write. Methods throw SQLite's errors.
 */
export class Transactions {
  constructor(
    private readonly db: Database,
    private readonly queue: WriteQueue,
    private readonly log: WriteAheadLog,
  ) {}

  /** A short write. Waits for up to 5 s, and for up to 30 s if others get on meanwhile. */
  run<T>(work: () => T): T {
    if (this.#tryBegin()) return this.#commit(work);
    try {
      this.#waitToBegin();
      const beganMs = nowMs();
      const result = this.#commit(work);
      // It pauses while it is still its turn: a crowd whose writes follow each other closely would lock others out.
      Bun.sleepSync(PAUSE_SHARE * (nowMs() - beganMs));
      return result;
    } finally {
      this.queue.giveBack("short");
    }
  }

  /**
   * One slice of a long work that nobody waits for. One process at a time does such work, and pauses after each slice, so
   * that others find the lock free. Returns undefined if `stop` said so before the turn came.
   */
  async runInBackground<T>(work: () => T, stop: () => boolean): Promise<T | undefined> {
    this.log.checkpointAtCommits();
    this.log.shorten();
    // Whoever has the turn may be suspended: after this, SQLite's lock alone decides.
    const untilMs = nowMs() + BUSY_TIMEOUT_MS;
    try {
      while (!this.queue.take("slice") && nowMs() < untilMs) {
        if (stop()) return undefined;
        await Bun.sleep(BACKGROUND_POLL_MS);
      }
      while (!this.#tryBegin()) {
        if (stop()) return undefined;
        if (nowMs() > untilMs) return this.run(work);
        await Bun.sleep(BACKGROUND_POLL_MS);
      }
      const beganMs = nowMs();
      const result = this.#commit(work);
      const lastedMs = nowMs() - beganMs;
      // It pauses while it is still its turn.
      await Bun.sleep(this.queue.hasCompany ? Math.max(SHORTEST_PAUSE_MS, PAUSE_SHARE * lastedMs) : 0);
      return result;
    } finally {
      this.queue.giveBack("slice");
    }
  }

  /**
   * Of the short writes that wait, one at a time asks SQLite, by its own busy handler. Throws SQLite's error after the busy
   * timeout, or after six of them if others got on meanwhile.
   */
  #waitToBegin(): void {
    let version = this.#dataVersion();
    for (let wait = 1; ; wait++) {
      const untilMs = nowMs() + BUSY_TIMEOUT_MS;
      // Whoever has waited for long asks more often than those who came later.
      const isTurn = this.#waitForTurn(untilMs, LONGEST_PAUSE_MS / wait ** 2);
      try {
        const leftMs = Math.max(isTurn ? 0 : LEAST_TRY_MS, Math.ceil(untilMs - nowMs()));
        this.db.run(`PRAGMA busy_timeout = ${leftMs}`);
        return void this.db.run("BEGIN IMMEDIATE");
      } catch (error) {
        const before = version;
        version = this.#dataVersion();
        if (!isBusy(error) || wait === MOST_WAITS || version === before) throw error;
      } finally {
        this.db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      }
    }
  }

  /** False if the turn did not come in time. */
  #waitForTurn(untilMs: number, longestPauseMs: number): boolean {
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      if (this.queue.take("short")) return true;
      if (nowMs() >= untilMs) return false;
      Bun.sleepSync(pauseMs * (0.5 + Math.random()));
    }
  }

  /** Does not wait. False if another process has the lock. */
  #tryBegin(): boolean {
    try {
      this.db.run("PRAGMA busy_timeout = 0");
      this.db.run("BEGIN IMMEDIATE");
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      this.db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    }
  }

  #commit<T>(work: () => T): T {
    try {
      const result = work();
      this.db.run("COMMIT");
      return result;
    } catch (error) {
      // After SQLITE_FULL and the like SQLite has rolled back by itself.
      if (this.db.inTransaction) this.db.run("ROLLBACK");
      throw error;
    }
  }

  /** Changes when another connection has committed. */
  #dataVersion(): unknown {
    return this.db.query("PRAGMA data_version").values()[0]?.[0];
  }
}

function isBusy(error: unknown): boolean {
  return systemCode(error)?.startsWith("SQLITE_BUSY") === true;
}

function nowMs(): number {
  return Bun.nanoseconds() / 1e6;
}
