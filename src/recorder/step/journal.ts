import fs from "node:fs";
import type { Captured } from "../../capture/capture.ts";
import type { StepControl } from "../../capture/control/step-control.ts";
import { type ErrorCode, messageOf, ScenariologError } from "../../errors.ts";
import { takeMasks } from "../../files/masked-values.ts";
import { storedPath } from "../../files/paths.ts";
import type { MarkTape } from "../../files/timeline.ts";
import { vouchForLogs } from "../../files/vouched.ts";
import { STREAMS, stepIdOf } from "../../model/ids.ts";
import type { StepSpec } from "../../model/step.ts";
import { insertAllLines } from "../../store/lines.ts";
import { ownRecorder } from "../../store/recorders.ts";
import { findRun } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { tagsOf } from "../../store/tags.ts";
import { emptyLog } from "../../store/write-ahead-log.ts";
import { whereIs } from "../../sys/file-id.ts";
import type { Follower } from "../index/follower.ts";
import { indexLog, linesOfSmallLog } from "../index/index-log.ts";
import { databaseName, tidyPlaces } from "../pending/places.ts";
import { type AttemptEnd, type StepKey, stepRowsOf, writeBeginning, writeEnd } from "../rows/attempt-rows.ts";
import { type RecordedLog, recordLogs, reserveArtifacts } from "../rows/log-rows.ts";
import type { PendingAttempt, PendingRows } from "../rows/pending-rows.ts";
import { beginAttempt, type WrittenAttempt, writePendingAttempt, writeTraceOf } from "../rows/write-attempt.ts";
import type { TraceRows } from "../rows/write-trace.ts";
import type { Connection } from "./connection.ts";
import type { StepLogs } from "./logs.ts";
import { nextStepNum } from "./numbering.ts";

/** Errors that are the caller's to mend before a step is started. Any other leaves the step to run unrecorded. */
const REFUSED = new Set<ErrorCode>(["USAGE", "NOT_A_DATABASE", "NEWER_SCHEMA", "NO_RUN"]);
/** How often a running step's logs are looked at. */
const WATCH_MS = 100;
/** Logs smaller than this are indexed in no time when the step has ended. */
const WORTH_FOLLOWING_BYTES = 2 << 20;
/** After an interrupt, indexing must not delay the end by more. */
const INTERRUPTED_INDEX_MS = 1000;

/** A try of a step while it is recorded. */
interface Attempt {
  readonly logs: StepLogs;
  /** All that the database is told of it. */
  rows: PendingAttempt;
  /** 0 until its beginning is written. */
  number: number;
  /** Where its rows wait; null while they need not, or if no place had room for them. */
  file: string | null;
  /** Somebody else may have written it: who has read that file, or who has made a copy of the database. */
  isShared: boolean;
  /** What of its logs is indexed in the transaction that closes it, by kind; null: nothing. */
  lines: ReadonlyMap<string, readonly string[] | null>;
}

/**
 * What a database is told of one step, attempt by attempt. What it does not take at once is put into a file, see
 * pending-places.ts, and written together with what follows; what it never takes is a problem, never an exception.
 */
export class StepJournal {
  runId: string;
  readonly #problems = new Set<string>();
  /** Its number may be one that the run gives it. */
  #spec: StepSpec;
  #store: Store | null = null;
  /** Attempts of which something is still to be written, in order. */
  #unwritten: Attempt[] = [];
  /** Why that could not be written. */
  #failure: unknown;
  #begun = false;
  /** The attempt whose rows were written together with the step's number; null when there is none. */
  #reserved: { readonly number: number; readonly startedAt: string } | null = null;
  #attempt: Attempt | null = null;
  #attempts = 0;
  readonly #unindexed: RecordedLog[] = [];
  /** Whether small logs are indexed in the transaction that closes the step. */
  #indexesAtOnce = true;

  constructor(
    private readonly connection: Connection,
    spec: StepSpec,
    /** Whether the connection ends with the step. */
    private readonly ownsConnection = true,
  ) {
    this.#spec = spec;
    this.runId = spec.runId;
  }

  get spec(): StepSpec {
    return this.#spec;
  }

  get database(): string {
    return this.connection.database;
  }

  get stepId(): string {
    return stepIdOf(this.runId, this.spec.num);
  }

  /** What became of rows of other steps that waited for the database, a line each. */
  readonly notes: string[] = [];

  /** What could not be recorded, a line each. */
  get problems(): string[] {
    return [...this.#problems];
  }

  /** Takes in what waits for the database. Throws what is the caller's mistake: a newer schema, an unknown run. */
  async open(): Promise<void> {
    try {
      this.#open();
      await this.connection.takeIn();
    } catch (error) {
      // The database of `record` was there at the start: whatever came in its place, the steps go on.
      if (this.ownsConnection && error instanceof ScenariologError && REFUSED.has(error.code)) throw error;
      // Tried again when the step has ended: a lock may be gone by then.
      this.#failure = error;
    }
  }

  /**
   * For a step that takes the next number of its run: its rows are written at once, as its log files are named by the
   * number. Where that cannot be done, the step keeps the number that it has.
   */
  takeNumber(startedAt: string): void {
    const store = this.#store;
    if (!this.#spec.takesNextNum || store === null || this.#failure !== undefined) return;
    const before = this.#spec;
    try {
      store.immediate(() => {
        const num = nextStepNum(store, this.runId);
        if (num === null) return;
        this.#spec = { ...before, num };
        const step = stepRowsOf(this.#spec);
        const number = writeBeginning(store, this.#key, step, startedAt, ownRecorder());
        this.#reserved = { number, startedAt };
      });
    } catch (error) {
      this.#spec = before;
      this.#reserved = null;
      this.#failure = error;
    }
  }

  /** A new attempt: its row, tags and files. Returns its number, from 1. */
  async begin(logs: StepLogs, startedAt: string): Promise<number> {
    const { spec } = this;
    const { index, indexLimitBytes, redactor } = spec;
    const rows = {
      step: stepRowsOf(spec),
      rootDir: spec.rootDir,
      startedAt: this.#reserved?.startedAt ?? startedAt,
      recorder: ownRecorder(),
      logs: STREAMS.map((kind) => {
        const { path, fileId, movedAside } = logs[kind];
        return { kind, path, fileId, movedAside };
      }),
      end: null,
      written: [],
      trace: null,
      indexing: { index, indexLimitBytes, patterns: redactor?.patterns ?? null },
    };
    const attempt: Attempt = { logs, rows, number: 0, file: null, isShared: false, lines: new Map() };
    this.#attempt = attempt;
    this.#attempts++;
    this.#unwritten.push(attempt);
    // As for a step that is not there yet: its statements are prepared before they hold the lock.
    this.#store?.rehearse(() => this.#writeAttempt(this.#store!, attempt), null);
    if (this.#write()) return attempt.number;
    await this.#save(attempt);
    return this.#attempts;
  }

  /**
   * Watches the logs while the process runs: large ones are indexed as they grow. Returns what ends that, and waits until
   * it has ended. What goes wrong with it is made good by the indexing at the end.
   */
  watch(): () => Promise<void> {
    const { logs } = this.#attempt!;
    let follower: Promise<Follower | null> | null = null;
    const timer = setInterval(() => {
      const bytes = logs.stdout.sizeBytes + logs.stderr.sizeBytes;
      if (bytes < WORTH_FOLLOWING_BYTES) return;
      follower ??= this.#follow();
      follower.then((started) => started?.grown(bytes, Bun.nanoseconds() / 1e6));
    }, WATCH_MS);
    return async () => {
      clearInterval(timer);
      await (await follower)?.stop();
    };
  }

  /** Closes the attempt and the files, records the artifacts, indexes their lines. Returns the stored paths. */
  async finish(
    captured: Captured,
    end: Omit<AttemptEnd, "logProblem" | "marks"> & { readonly marks: MarkTape },
    control: StepControl,
  ): Promise<{ stdoutPath: string; stderrPath: string }> {
    const attempt = this.#attempt!;
    const written = await Promise.all(STREAMS.map(async (kind) => ({ kind, ...(await attempt.logs[kind].close()) })));
    const logProblems = written.flatMap(({ problem }) => problem ?? []);
    for (const problem of [...captured.problems, ...logProblems]) this.#problems.add(problem);
    // Of a file that somebody else wrote into, nobody knows where which bytes are.
    const marks = written.some(({ changed }) => changed) ? null : end.marks.encode();
    const ended = { ...end, marks, logProblem: logProblems.join("; ") };
    attempt.rows = { ...attempt.rows, end: ended, written: written.map(({ problem, ...log }) => log) };
    attempt.lines = new Map(written.map((log) => [log.kind, this.#linesOf(log)]));
    if (!this.#unwritten.includes(attempt)) this.#unwritten.push(attempt);
    if (this.#write()) await this.#index(control);
    else await this.#save(attempt);
    const [stdoutPath, stderrPath] = written.map(({ kind, path }) =>
      storedPath(this.spec.rootDir, path ?? attempt.logs[kind].path),
    );
    return { stdoutPath: stdoutPath!, stderrPath: stderrPath! };
  }

  /** What somebody inside the step has set as its tag; null if nobody has, or if it cannot be read. */
  tag(key: string): string | null {
    try {
      return this.#store === null ? null : (tagsOf(this.#store, this.#key).get(key) ?? null);
    } catch {
      return null;
    }
  }

  /** In a transaction of its own, when the attempt is closed; else with what is left of it. What goes wrong is a problem. */
  recordTrace(trace: TraceRows): void {
    const attempt = this.#attempt!;
    const { rows } = attempt;
    attempt.rows = { ...rows, trace };
    const store = this.#store;
    if (store === null || this.#unwritten.length > 0) return;
    try {
      store.immediate(() => writeTraceOf(store, this.#key, attempt.number, attempt.rows));
    } catch (error) {
      this.#problem("the step's trace is not recorded", error);
    }
  }

  missTrace(reason: string): void {
    this.#problem("the step's trace is not recorded", new Error(reason));
  }

  /** To be called when the process has started, and needs nothing of us for a moment. */
  rehearse(): void {
    const { logs, rows } = this.#attempt!;
    const outcome = {
      code: 0,
      reason: null,
      skipReason: null,
      endBySignal: undefined,
      tags: [["exit.reason", "-"]],
    } as const;
    const end = { outcome, flaky: false, completedAt: "", durationMs: 0, logProblem: "", marks: new Uint8Array() };
    const written = STREAMS.map((kind) => {
      const { path, fileId } = logs[kind];
      return { kind, path, fileId, sizeBytes: 0, sha256: "", changed: false };
    });
    const store = this.#store;
    // A row without columns has no last attempt, which counts as 0: this one is it.
    store?.rehearse(() => {
      const recorded = this.#writeEnd(store, 0, { ...rows, end, written });
      for (const log of recorded) this.#indexAtOnce(store, log, []);
    }, {});
  }

  #writeEnd(store: Store, number: number, { step, rootDir, end, written }: PendingAttempt): readonly RecordedLog[] {
    if (end === null) return [];
    writeEnd(store, this.#key, step, number, end);
    return recordLogs(store, { ...this.#key, attempt: number, rootDir }, written);
  }

  /** After the last attempt: tries once more to write what is left, and closes the database. */
  async complete(control: StepControl): Promise<void> {
    if (this.#unwritten.length > 0 && !(await this.#retry(control))) await this.#giveUp();
    const stop = () => control.cause?.kind === "signal";
    for (const note of await this.connection.settle(stop)) this.notes.push(note);
    try {
      this.#store?.settleLog();
    } catch {
      // For another one to do.
    }
    this.close();
  }

  close(): void {
    this.#store = null;
    if (!this.ownsConnection) return;
    try {
      this.connection.close(true);
    } catch (error) {
      this.#problem("the database was not closed", error);
    }
  }

  async #retry(control: StepControl): Promise<boolean> {
    const before = this.#failure;
    this.#failure = undefined;
    try {
      this.#store = null;
      const store = this.#open();
      if (!isLocked(before)) makeRoom(store);
      await this.connection.takeIn(this.#unwritten.flatMap(({ file }) => file ?? []));
    } catch (error) {
      this.#failure = error;
    }
    if (this.#write()) {
      await this.#index(control);
      return true;
    }
    // That there is no database, or none that knows the run, is only what came of it.
    if (before instanceof ScenariologError && before.code === "NO_DATABASE") this.#failure = before;
    return false;
  }

  /** Leaves to the next writer what is in a file, and to the connection what may still be written by this process. */
  async #giveUp(): Promise<void> {
    const unwritten = this.#unwritten;
    this.#unwritten = [];
    for (const attempt of unwritten) await this.#save(attempt);
    const files = unwritten.flatMap(({ file }) => file ?? []);
    const consequence = this.#begun ? "the step's end is not recorded" : "the step is not recorded";
    const rest =
      files.length === unwritten.length
        ? `its rows wait in ${files.join(", ")} for the next command that writes`
        : this.ownsConnection
          ? `its rows are lost, as no directory has room for them: it ended with exit code ${unwritten.at(-1)!.rows.end?.outcome.code}`
          : "its rows are kept in memory until the run's end";
    this.#problem(consequence, this.#failure, `; ${rest}`);
    for (const { rows, file } of unwritten) await this.connection.keep({ rows: this.#pendingRows(rows), file });
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
      // It is tried again at the end.
    }
  }

  #pendingRows(attempt: PendingAttempt): PendingRows {
    const run = { selector: this.runId, start: this.connection.unwrittenRun, end: null };
    return { database: databaseName(this.database), run, attempt };
  }

  #open(): Store {
    const store = this.connection.open();
    this.runId = findRun(store, this.spec.runId).run_id;
    this.#store = store;
    takeMasks(this.spec.redactor, store.path, this.runId);
    return store;
  }

  /**
   * Writes all that is pending, in one transaction. False when that fails; then nothing more is tried before the end,
   * as each try may wait for a lock as long as the busy timeout.
   */
  #write(): boolean {
    if (this.#failure !== undefined) return false;
    try {
      this.#checkFile();
      const store = this.#store ?? this.#open();
      this.#writeKept();
      const unwritten = this.#unwritten;
      const written = store.immediate(() => unwritten.map((attempt) => this.#writeAttempt(store, attempt)));
      for (const [i, { number, logs }] of written.entries()) {
        this.#unindexed.push(...logs);
        unwritten[i]!.number = number;
      }
      this.#unwritten = [];
      this.#reserved = null;
      this.#begun = true;
      for (const attempt of unwritten) this.#removeFile(attempt);
      return true;
    } catch (error) {
      if (this.#indexesAtOnce && !isElsewhere(error)) {
        // Perhaps it was the index that failed (damaged, or too large for the disk): the step is closed without it.
        this.#indexesAtOnce = false;
        return this.#write();
      }
      this.#failure = error;
      return false;
    }
  }

  /** What is indexed in the transaction that closes the attempt; null: nothing, or a log that is too large for that. */
  #linesOf({ kind, path, fileId, sizeBytes }: Omit<RecordedLog, "artifactId" | "file"> & { path: string | null }) {
    if (path === null || !this.#isIndexed(kind) || sizeBytes > this.spec.indexLimitBytes) return null;
    const file = (fileId === null ? null : whereIs(path, fileId)) ?? path;
    return linesOfSmallLog({ file, fileId, sizeBytes }, this.spec.redactor);
  }

  #indexAtOnce(store: Store, log: RecordedLog, lines: readonly string[] | null): boolean {
    if (!this.#indexesAtOnce || !store.fts || lines === null) return false;
    insertAllLines(store, { runId: this.runId, artifactId: log.artifactId }, lines, log.sizeBytes);
    return true;
  }

  #writeAttempt(store: Store, { logs, rows, number, isShared, lines }: Attempt): WrittenAttempt {
    const written = isShared ? writePendingAttempt(store, this.#key, rows) : this.#writeFresh(store, rows, number);
    if (number === 0) vouchForLogs(store, this.runId, { root: rows.rootDir, log: logs.dir });
    const isLeft = (log: RecordedLog) => !this.#indexAtOnce(store, log, lines.get(log.kind) ?? null);
    return { number: written.number, logs: written.logs.filter(isLeft) };
  }

  /** Of an attempt that nobody else can have written. */
  #writeFresh(store: Store, rows: PendingAttempt, begun: number): WrittenAttempt {
    const number = begun || beginAttempt(store, this.#key, rows, rows.logs, this.#reserved?.number);
    const logs = this.#writeEnd(store, number, rows);
    writeTraceOf(store, this.#key, number, rows);
    return { number, logs };
  }

  /** Those of earlier steps. What only they meet is not to keep this step from being recorded. */
  #writeKept(): void {
    try {
      this.connection.writeKept();
    } catch (error) {
      if (isLocked(error)) throw error;
    }
  }

  #removeFile(attempt: Attempt): void {
    if (attempt.file === null) return;
    fs.rmSync(attempt.file, { force: true });
    attempt.file = null;
    tidyPlaces(this.database);
  }

  async #index(control: StepControl): Promise<void> {
    const store = this.#store!;
    const logs = this.#unindexed.splice(0);
    if (!store.fts) return;
    const maxMs = () => (control.cause?.kind === "signal" ? INTERRUPTED_INDEX_MS : Number.POSITIVE_INFINITY);
    const startMs = Bun.nanoseconds() / 1e6;
    const stop = () => Bun.nanoseconds() / 1e6 - startMs > maxMs();
    try {
      for (const { kind, artifactId, file, fileId, sizeBytes } of logs) {
        if (!this.#isIndexed(kind)) continue;
        const now = (fileId === null ? null : whereIs(file, fileId)) ?? file;
        const limit = this.spec.indexLimitBytes;
        const end = sizeBytes > limit ? "limit" : "log";
        const { redactor } = this.spec;
        const options = { sizeBytes: Math.min(sizeBytes, limit), fileId, stop, end, redactor } as const;
        await indexLog(store, { runId: this.runId, artifactId }, now, options);
      }
      if (stop()) throw new Error("interrupted");
    } catch (error) {
      this.#problem("not all lines are indexed, which index fts mends", error);
    }
  }

  #isIndexed(kind: string): boolean {
    return this.spec.index === "all" || this.spec.index === kind;
  }

  async #follow(): Promise<Follower | null> {
    const store = this.#store;
    const attempt = this.#attempt!;
    if (!store?.fts || this.spec.index === "none" || attempt.number === 0 || this.#unwritten.length > 0) return null;
    try {
      const { Follower } = await import("../index/follower.ts");
      const scope = { ...this.#key, attempt: attempt.number, rootDir: this.spec.rootDir };
      const logs = store.immediate(() => reserveArtifacts(store, scope));
      return new Follower({
        database: store.path,
        runId: this.runId,
        logs: logs.filter(({ kind }) => this.#isIndexed(kind)),
        limitBytes: this.spec.indexLimitBytes,
        redact: this.spec.redactor?.patterns ?? null,
      });
    } catch {
      return null;
    }
  }

  #checkFile(): void {
    try {
      this.connection.checkFile();
    } catch (error) {
      this.#begun = false;
      this.#store = null;
      // Another database may know nothing of the attempts that this one has.
      for (const attempt of this.#unwritten) attempt.isShared = true;
      throw error;
    }
  }

  get #key(): StepKey {
    return { runId: this.runId, stepId: this.stepId };
  }

  #problem(consequence: string, error: unknown, rest = ""): void {
    const reason = messageOf(error);
    this.#problems.add(`${consequence}: ${reason}${rest}`);
  }
}

/** For what a full disk, or a limit of the file size, has refused. */
function makeRoom(store: Store): void {
  try {
    emptyLog(store);
  } catch {
    // Then the writing will say what is wrong.
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
