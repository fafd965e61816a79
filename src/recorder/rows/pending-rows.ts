import type { Written } from "../../capture/log/log-file.ts";
import type { StepOptions } from "../../model/step.ts";
import type { RecorderIdentity } from "../../store/attempts.ts";
import type { AttemptEnd, StepRows } from "./attempt-rows.ts";
import type { RunEnding, RunStart } from "./run-rows.ts";
import type { TraceRows } from "./write-trace.ts";

/** Rows that a database has not taken: of a run, or of one attempt of a step. A plain value, see pending-format.ts. */
export interface PendingRows {
  /** Absolute; the only database that may learn of a run from here. */
  readonly database: string;
  readonly run: PendingRun;
  /** Null: of the run itself. */
  readonly attempt: PendingAttempt | null;
}

export interface PendingRun {
  /** An id; what the caller gave for one if the database could not be asked. */
  readonly selector: string;
  /** Given if the database may not know the run, since this recorder started it. */
  readonly start: RunStart | null;
  readonly end: PendingRunEnd | null;
}

export interface PendingRunEnd extends RunEnding {
  readonly completedAt: string;
  readonly exitCode: number;
}

/** An attempt is recognized by its start and its recorder, so that it is never written twice. */
export interface PendingAttempt {
  readonly step: StepRows;
  /** Of the run; stored paths are relative to it. */
  readonly rootDir: string;
  readonly startedAt: string;
  readonly recorder: RecorderIdentity;
  readonly logs: readonly PendingLog[];
  /** Null while it runs, or if its recorder died before it saw the end. */
  readonly end: AttemptEnd | null;
  /** What the logs hold; empty without an end. */
  readonly written: readonly WrittenLog[];
  /** Null if it has none, or none that is worth keeping. */
  readonly trace: TraceRows | null;
  readonly indexing: Indexing;
}

export interface PendingLog {
  readonly kind: string;
  readonly path: string;
  readonly fileId: string | null;
  readonly movedAside: readonly string[];
}

export type WrittenLog = Omit<Written, "problem"> & { readonly kind: string };

/** Which lines are indexed, and what is taken out of them. */
export interface Indexing extends Pick<StepOptions, "index" | "indexLimitBytes"> {
  /** Of the redactor, see there; null: nothing is taken out. */
  readonly patterns: readonly string[] | null;
}
