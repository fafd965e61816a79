import fs from "node:fs";
import { type ErrorCode, ScenariologError } from "../../errors.ts";
import { vouchForLogs } from "../../files/vouched.ts";
import type { Store } from "../../store/store.ts";
import { databaseName, tidyPlaces } from "../pending/places.ts";
import { type StepKey, writeEnd } from "../rows/attempt-rows.ts";
import { type RecordedLog, recordLogs } from "../rows/log-rows.ts";
import type { PendingAttempt, PendingRows } from "../rows/pending-rows.ts";
import { beginAttempt, type WrittenAttempt, writePendingAttempt, writeTraceOf } from "../rows/write-attempt.ts";
import { type Attempt, keyOf } from "./attempt.ts";
import type { LogIndexing } from "./log-indexing.ts";
import type { Problems } from "./problems.ts";
import type { RunStore } from "./run-store.ts";

/**
 * Writes attempts into a database, in order and again if need be. What the database does not take at once goes into a file
 * (see pending/places.ts), and is written together with what follows; what it never takes becomes a problem, never an
 * exception.
 */
export class AttemptWriter {
  /** Attempts of which something is still to be written, in order. */
  #unwritten: Attempt[] = [];
  /** Whether the database knows the step. */
  #begun = false;

  constructor(
    private readonly run: RunStore,
    private readonly indexing: LogIndexing,
    private readonly problems: Problems,
  ) {}

  get isAllWritten(): boolean {
    return this.#unwritten.length === 0;
  }

  /** Writes what the attempt has now, with all that waits before it; into a file if the database does not take it. */
  async write(attempt: Attempt): Promise<boolean> {
    if (!this.#unwritten.includes(attempt)) this.#unwritten.push(attempt);
    if (this.#write()) return true;
    await this.#save(attempt);
    return false;
  }

  /** Tries once more to write what is left: a lock may be gone by now, and a disk may have room. */
  async retry(): Promise<boolean> {
    const { run } = this;
    const before = run.failure;
    run.failure = undefined;
    try {
      const store = run.reopen();
      if (!isLocked(before)) makeRoom(store);
      await run.connection.importPending(this.#unwritten.flatMap(({ file }) => file ?? []));
    } catch (error) {
      run.failure = error;
    }
    if (this.#write()) return true;
    // Without a database, or with one that does not know the run, the first error is the one that explains it.
    if (before instanceof ScenariologError && before.code === "NO_DATABASE") run.failure = before;
    return false;
  }

  /** Leaves rows in a file to the next writer, and to the connection those that this process may still write. */
  async giveUp(): Promise<void> {
    const unwritten = this.#unwritten;
    this.#unwritten = [];
    for (const attempt of unwritten) await this.#save(attempt);
    const files = unwritten.flatMap(({ file }) => file ?? []);
    const consequence = this.#begun ? "the step's end is not recorded" : "the step is not recorded";
    const rest =
      files.length === unwritten.length
        ? `its rows wait in ${files.join(", ")} for the next command that writes`
        : this.run.ownsConnection
          ? `its rows are lost, as no directory has room for them: it ended with exit code ${unwritten.at(-1)!.rows.end?.outcome.code}`
          : "its rows are kept in memory until the run's end";
    this.problems.because(consequence, this.run.failure, `; ${rest}`);
    for (const { rows, file } of unwritten) await this.run.connection.keep({ rows: this.#pendingRows(rows), file });
  }

  /** Writes an attempt's trace after its end, in a transaction of its own, or with what is left of the attempt. */
  writeTrace(attempt: Attempt): void {
    const { store, runId } = this.run;
    if (store === null || !this.isAllWritten) return;
    try {
      store.transaction(() => writeTraceOf(store, keyOf(runId, attempt), attempt.number, attempt.rows));
    } catch (error) {
      this.problems.because("the step's trace is not recorded", error);
    }
  }

  /**
   * Writes everything that is unwritten, in one transaction. False if that fails; nothing more is tried before the end then,
   * since each try may wait for a lock as long as the busy timeout.
   */
  #write(): boolean {
    const { run } = this;
    if (run.failure !== undefined) return false;
    try {
      this.#checkFile();
      const store = run.open();
      this.#writeKept();
      const unwritten = this.#unwritten;
      const written = store.transaction(() => unwritten.map((attempt) => this.#writeAttempt(store, attempt)));
      for (const [i, { number, logs }] of written.entries()) {
        this.indexing.leave(logs);
        unwritten[i]!.number = number;
      }
      this.#unwritten = [];
      this.#begun = true;
      for (const attempt of unwritten) this.#removeFile(attempt);
      return true;
    } catch (error) {
      // The index may be what failed (damaged, or too large for the disk): then the step is closed without it.
      if (!isElsewhere(error) && this.indexing.stopAtOnce()) return this.#write();
      run.failure = error;
      return false;
    }
  }

  #writeAttempt(store: Store, attempt: Attempt): WrittenAttempt {
    const { logs, rows, number, isShared, lines } = attempt;
    const key = keyOf(this.run.runId, attempt);
    const written = isShared ? writePendingAttempt(store, key, rows) : writeOwn(store, key, attempt);
    if (number === 0) vouchForLogs(store, key.runId, { root: rows.rootDir, log: logs.dir });
    const isLeft = (log: RecordedLog) => !this.indexing.indexAtOnce(store, log, lines.get(log.kind) ?? null);
    return { number: written.number, logs: written.logs.filter(isLeft) };
  }

  /** Rows of earlier steps. If only those are refused, this step is recorded nevertheless. */
  #writeKept(): void {
    try {
      this.run.connection.writeKept();
    } catch (error) {
      if (isLocked(error)) throw error;
    }
  }

  #checkFile(): void {
    try {
      this.run.connection.checkFile();
    } catch (error) {
      this.#begun = false;
      this.run.forget();
      // Another database may not know the attempts that this one has.
      for (const attempt of this.#unwritten) attempt.isShared = true;
      throw error;
    }
  }

  /** Puts an attempt's rows into a file, or its end into the file that they are in. */
  async #save(attempt: Attempt): Promise<void> {
    attempt.isShared = true;
    const { savePending, savePendingAgain } = await import("../pending/save.ts");
    const rows = this.#pendingRows(attempt.rows);
    if (attempt.file !== null && savePendingAgain(rows, attempt.file)) return;
    try {
      const before = attempt.file;
      attempt.file = savePending(rows, attempt.logs.dir);
      if (before !== null) fs.rmSync(before, { force: true });
    } catch {
      // The end of the step tries it again.
    }
  }

  #removeFile(attempt: Attempt): void {
    if (attempt.file === null) return;
    fs.rmSync(attempt.file, { force: true });
    attempt.file = null;
    tidyPlaces(this.run.connection.database);
  }

  #pendingRows(attempt: PendingAttempt): PendingRows {
    const { connection, runId } = this.run;
    const run = { selector: runId, start: connection.unwrittenRun, end: null };
    return { database: databaseName(connection.database), run, attempt };
  }
}

/** Writes an attempt that nobody else can have written. */
function writeOwn(store: Store, key: StepKey, { rows, number: begun, reservedNumber }: Attempt): WrittenAttempt {
  const { step, rootDir, end, written } = rows;
  const number = begun || beginAttempt(store, key, rows, rows.logs, reservedNumber);
  if (end !== null) writeEnd(store, key, step, number, end);
  const logs = end === null ? [] : recordLogs(store, { ...key, attempt: number, rootDir }, written);
  writeTraceOf(store, key, number, rows);
  return { number, logs };
}

/** For what a full disk, or a limit of the file size, has refused. */
function makeRoom(store: Store): void {
  try {
    store.cutLog();
  } catch {
    // The write that follows says what is wrong.
  }
}

/** Whether the trouble is with the database as such, and not with what is written. */
function isElsewhere(error: unknown): boolean {
  const codes: ErrorCode[] = ["LOCKED", "NO_DATABASE", "NOT_A_DATABASE", "NO_RUN"];
  return error instanceof ScenariologError && codes.includes(error.code);
}

function isLocked(error: unknown): boolean {
  return error instanceof ScenariologError && error.code === "LOCKED";
}
