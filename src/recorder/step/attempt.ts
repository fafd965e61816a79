import { STREAMS, stepIdOf } from "../../model/ids.ts";
import type { StepSpec } from "../../model/step.ts";
import { ownRecorder } from "../../store/recorders.ts";
import { type StepKey, stepRowsOf } from "../rows/attempt-rows.ts";
import type { PendingAttempt } from "../rows/pending-rows.ts";
import type { StepLogs } from "./logs.ts";
import type { ReservedAttempt } from "./numbering.ts";

/** An attempt of a step while it is recorded. */
export interface Attempt {
  readonly logs: StepLogs;
  /** Everything that the database is told about it. */
  rows: PendingAttempt;
  /** 0 until its beginning is written. */
  number: number;
  /** The number that its row already has, without its logs; 0 if it has no row. */
  readonly reservedNumber: number;
  /** The file in which its rows wait; null if they do not wait, or if no directory had room for them. */
  file: string | null;
  /** Whether somebody else may have written it: a reader of that file, or whoever made a copy of the database. */
  isShared: boolean;
  /** The lines that are indexed in the transaction that closes it, by kind of log; null for a log that is left for later. */
  lines: ReadonlyMap<string, readonly string[] | null>;
}

/** A new attempt that has not ended. `reserved` is its row, if it has one already. */
export function newAttempt(
  spec: StepSpec,
  logs: StepLogs,
  startedAt: string,
  reserved: ReservedAttempt | null,
): Attempt {
  const { index, indexLimitBytes, redactor } = spec;
  const rows = {
    step: stepRowsOf(spec),
    rootDir: spec.rootDir,
    startedAt: reserved?.startedAt ?? startedAt,
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
  const reservedNumber = reserved?.number ?? 0;
  return { logs, rows, number: 0, reservedNumber, file: null, isShared: false, lines: new Map() };
}

/** The step of an attempt, in the run of this id. */
export function keyOf(runId: string, { rows }: Pick<Attempt, "rows">): StepKey {
  return { runId, stepId: stepIdOf(runId, rows.step.num) };
}
