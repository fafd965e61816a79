import type { Captured } from "../../capture/capture.ts";
import type { StepControl } from "../../capture/control/step-control.ts";
import { storedPath } from "../../files/paths.ts";
import type { MarkTape } from "../../files/timeline.ts";
import { STREAMS, stepIdOf } from "../../model/ids.ts";
import type { StepSpec } from "../../model/step.ts";
import { tagsOf } from "../../store/tags.ts";
import type { AttemptEnd } from "../rows/attempt-rows.ts";
import { type Attempt, newAttempt } from "./attempt.ts";
import type { TraceResult } from "./attempt-trace.ts";
import { AttemptWriter } from "./attempt-writer.ts";
import { LogIndexing } from "./log-indexing.ts";
import type { StepLogs } from "./logs.ts";
import type { NumberedStep } from "./numbering.ts";
import { Problems } from "./problems.ts";
import type { RunStore } from "./run-store.ts";

/** An attempt's end, before its logs are closed. */
export type ObservedEnd = Omit<AttemptEnd, "logProblem" | "marks"> & { readonly timeline: MarkTape };

/** Paths as stored: relative to the root if they lie inside it. */
export interface StoredLogs {
  readonly stdoutPath: string;
  readonly stderrPath: string;
}

/** Records one step, attempt by attempt: begin, watch, finish, and the trace; `complete` after the last one. */
export class StepRecorder {
  /** What became of rows of other steps that waited for the database, a line each. */
  readonly notes: string[] = [];
  readonly #spec: StepSpec;
  readonly #problems = new Problems();
  readonly #indexing: LogIndexing;
  readonly #writer: AttemptWriter;
  #reserved: NumberedStep["reserved"];
  #attempt: Attempt | null = null;
  #attempts = 0;

  constructor(
    private readonly run: RunStore,
    { spec, reserved }: NumberedStep,
  ) {
    this.#spec = spec;
    this.#reserved = reserved;
    this.#indexing = new LogIndexing(run, spec, this.#problems);
    this.#writer = new AttemptWriter(run, this.#indexing, this.#problems);
  }

  get database(): string {
    return this.run.connection.database;
  }

  get runId(): string {
    return this.run.runId;
  }

  get stepId(): string {
    return stepIdOf(this.run.runId, this.#spec.num);
  }

  /** What could not be recorded, a line each. */
  get problems(): string[] {
    return this.#problems.lines;
  }

  /** Records that an attempt begins: its row, tags and log files. Returns its number, from 1. */
  async begin(logs: StepLogs, startedAt: string): Promise<number> {
    const attempt = newAttempt(this.#spec, logs, startedAt, this.#reserved);
    this.#reserved = null;
    this.#attempt = attempt;
    this.#attempts++;
    return (await this.#writer.write(attempt)) ? attempt.number : this.#attempts;
  }

  /** Indexes large logs while the process runs. Returns a function that ends this, and waits until it has ended. */
  watch(): () => Promise<void> {
    return this.#indexing.watch(this.#attempt!);
  }

  /** Records that the attempt has ended: closes its files, records them as artifacts, and indexes their lines. */
  async finish(captured: Captured, { timeline, ...end }: ObservedEnd, control: StepControl): Promise<StoredLogs> {
    const attempt = this.#attempt!;
    const written = await Promise.all(STREAMS.map(async (kind) => ({ kind, ...(await attempt.logs[kind].close()) })));
    const logProblems = written.flatMap(({ problem }) => problem ?? []);
    for (const problem of [...captured.problems, ...logProblems]) this.#problems.add(problem);
    // If somebody else wrote into a file, nobody knows which of its bytes are where.
    const marks = written.some(({ changed }) => changed) ? null : timeline.encode();
    attempt.rows = {
      ...attempt.rows,
      end: { ...end, marks, logProblem: logProblems.join("; ") },
      written: written.map(({ problem, ...log }) => log),
    };
    attempt.lines = new Map(written.map((log) => [log.kind, this.#indexing.linesOf(log)]));
    if (await this.#writer.write(attempt)) await this.#indexing.indexRest(this.run.open(), control);
    const [stdoutPath, stderrPath] = written.map(({ kind, path }) =>
      storedPath(this.#spec.rootDir, path ?? attempt.logs[kind].path),
    );
    return { stdoutPath: stdoutPath!, stderrPath: stderrPath! };
  }

  /** Records an attempt's trace after its end. */
  recordTrace({ rows, problem }: TraceResult): void {
    const attempt = this.#attempt!;
    if (problem !== null) this.#problems.because("the step's trace is not recorded", new Error(problem));
    if (rows === null) return;
    attempt.rows = { ...attempt.rows, trace: rows };
    this.#writer.writeTrace(attempt);
  }

  /** The tag that somebody inside the step has set; null if nobody has, or if it cannot be read. */
  tag(key: string): string | null {
    const { store, runId } = this.run;
    try {
      return store === null ? null : (tagsOf(store, { runId, stepId: this.stepId }).get(key) ?? null);
    } catch {
      return null;
    }
  }

  /** After the last attempt: tries once more to write what is left, and closes the database if it ends with the step. */
  async complete(control: StepControl): Promise<void> {
    if (!this.#writer.isAllWritten) {
      if (await this.#writer.retry()) await this.#indexing.indexRest(this.run.open(), control);
      else await this.#writer.giveUp();
    }
    this.notes.push(...(await this.run.connection.settle(() => control.cause?.kind === "signal")));
    try {
      this.run.store?.checkpoint();
    } catch {
      // Another recorder will do it.
    }
    this.close();
  }

  /** To be called in any case; a second call does nothing. Never throws. */
  close(): void {
    try {
      this.run.close();
    } catch (error) {
      this.#problems.because("the database was not closed", error);
    }
  }
}
