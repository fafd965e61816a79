import type { Captured } from "../capture/capture.ts";
import { whereIs } from "../capture/file-id.ts";
import { reasonOf } from "../capture/log-file.ts";
import type { StepControl } from "../capture/step-control.ts";
import { type ErrorCode, ScenariologError } from "../errors.ts";
import { vouchForLogs } from "../files/vouched.ts";
import { stepIdOf } from "../model/ids.ts";
import type { StepSpec } from "../model/step.ts";
import { insertAllLines } from "../store/lines.ts";
import { findRun } from "../store/runs.ts";
import type { Store } from "../store/store.ts";
import { tagsOf } from "../store/tags.ts";
import { type AttemptEnd, type StepKey, writeBeginning, writeEnd } from "./attempt-rows.ts";
import type { Connection } from "./connection.ts";
import type { Follower } from "./follower.ts";
import { ownIdentity } from "./identity.ts";
import { indexLog, linesOfSmallLog } from "./index-log.ts";
import { enterLogs, type RecordedLog, recordLogs, reserveArtifacts, STREAMS } from "./log-rows.ts";
import type { StepLogs } from "./logs.ts";
import type { MarkTape } from "./marks.ts";
import { takeMasks } from "./masked-values.ts";
import { nextStepNum } from "./numbering.ts";
import { storedPath } from "./paths.ts";

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
  /** 0 until its beginning is written. */
  number: number;
}

/**
 * What a database is told of one step, attempt by attempt. What it does not take at once is kept and written together
 * with what follows; what it never takes is a problem, never an exception.
 */
export class StepJournal {
  runId: string;
  readonly #problems = new Set<string>();
  /** Its number may be one that the run gives it. */
  #spec: StepSpec;
  #store: Store | null = null;
  /** What is still to be written, in order. */
  readonly #pending: ((store: Store) => readonly RecordedLog[])[] = [];
  /** Why that could not be written. */
  #failure: unknown;
  #begun = false;
  /** The number of the attempt whose rows were written together with the step's number. */
  #reserved = 0;
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

  /** What could not be recorded, a line each. */
  get problems(): string[] {
    return [...this.#problems];
  }

  /** Throws what is the caller's mistake: no database, a newer schema, an unknown run. */
  open(): void {
    try {
      this.#open();
    } catch (error) {
      if (error instanceof ScenariologError && REFUSED.has(error.code)) throw error;
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
    if (!this.#spec.takesNextNum || store === null) return;
    const before = this.#spec;
    try {
      store.immediate(() => {
        const num = nextStepNum(store, this.runId);
        if (num === null) return;
        this.#spec = { ...before, num };
        this.#reserved = writeBeginning(store, this.#key, this.#spec, startedAt, ownIdentity());
      });
    } catch (error) {
      this.#spec = before;
      this.#failure = error;
    }
  }

  /** A new attempt: its row, tags and files. Returns its number, from 1. */
  begin(logs: StepLogs, startedAt: string): number {
    const attempt: Attempt = { logs, number: 0 };
    this.#attempt = attempt;
    this.#attempts++;
    const reserved = this.#reserved;
    this.#reserved = 0;
    const recorder = ownIdentity();
    const write = (store: Store) => {
      attempt.number = reserved || writeBeginning(store, this.#key, this.spec, startedAt, recorder);
      enterLogs(store, { stepId: this.stepId, attempt: attempt.number }, logs);
      vouchForLogs(store, this.runId, { root: this.spec.rootDir, log: logs.dir });
      return [];
    };
    // As for a step that is not there yet.
    this.#store?.rehearse(() => write(this.#store!), null);
    this.#pending.push(write);
    return this.#write() ? attempt.number : this.#attempts;
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
    const lines = new Map(written.map((log) => [log.kind, this.#linesOf(log)]));
    this.#pending.push((store) => this.#writeEnd(store, attempt.number, ended, written, lines));
    if (this.#write()) await this.#index(control);
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

  /** In a transaction of its own, when the attempt is closed. What goes wrong is a problem. */
  recordTrace(write: (store: Store, key: StepKey, attempt: number) => void): void {
    const { number } = this.#attempt!;
    const store = this.#store;
    if (store === null || this.#pending.length > 0) return;
    try {
      store.immediate(() => write(store, this.#key, number));
    } catch (error) {
      this.#problem("the step's trace is not recorded", error);
    }
  }

  /** To be called when the process has started, and needs nothing of us for a moment. */
  rehearse(): void {
    const { logs } = this.#attempt!;
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
    const lines = new Map(STREAMS.map((kind) => [kind, []]));
    const store = this.#store;
    // A row without columns has no last attempt, which counts as 0: this one is it.
    store?.rehearse(() => this.#writeEnd(store, 0, end, written, lines), {});
  }

  #writeEnd(
    store: Store,
    attempt: number,
    end: AttemptEnd,
    written: Parameters<typeof recordLogs>[2],
    lines: ReadonlyMap<string, readonly string[] | null>,
  ): readonly RecordedLog[] {
    const { spec, stepId } = this;
    writeEnd(store, this.#key, spec, attempt, end);
    const scope = { ...this.#key, stepId, attempt, rootDir: spec.rootDir };
    return recordLogs(store, scope, written).filter(
      (log) => !this.#indexAtOnce(store, log, lines.get(log.kind) ?? null),
    );
  }

  /** After the last attempt: tries once more to write what is left, and closes the database. */
  async complete(control: StepControl): Promise<void> {
    if (this.#pending.length > 0) {
      this.#failure = undefined;
      if (this.#write()) await this.#index(control);
      else this.#problem(this.#begun ? "the step's end is not recorded" : "the step is not recorded", this.#failure);
    }
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
      const store = this.#store ?? this.#open();
      this.#checkFile();
      this.#unindexed.push(...store.immediate(() => this.#pending.flatMap((write) => write(store))));
      this.#pending.length = 0;
      this.#begun = true;
      return true;
    } catch (error) {
      if (this.#indexesAtOnce && !(error instanceof ScenariologError && error.code === "LOCKED")) {
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
    if (!store?.fts || this.spec.index === "none" || attempt.number === 0 || this.#pending.length > 0) return null;
    try {
      const { Follower } = await import("./follower.ts");
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
      throw error;
    }
  }

  get #key(): StepKey {
    return { runId: this.runId, stepId: this.stepId };
  }

  #problem(consequence: string, error: unknown): void {
    this.#problems.add(`${consequence}: ${error instanceof ScenariologError ? error.message : reasonOf(error)}`);
  }
}
