import { reasonOf } from "../../errors.ts";
import { type FailingPlace, failingPlaceOf } from "../../model/failing-place.ts";
import { Redactor } from "../../model/redact/redactor.ts";
import type { StepSpec } from "../../model/step.ts";
import { type StepTrace, startTrace } from "../../trace/bash/trace.ts";
import type { TraceRows } from "../rows/write-trace.ts";
import type { StepLogs } from "./logs.ts";
import { traceRowsOf } from "./trace-rows.ts";

/** What a trace has shown, redacted. */
export interface TraceResult {
  /** Null if nothing of it is kept. */
  readonly rows: TraceRows | null;
  /** Why it is not kept although it should be; null if nothing went wrong. */
  readonly problem: string | null;
  /** Null if the attempt did not fail, or if the trace does not say where. */
  readonly failedAt: FailingPlace | null;
}

const NOTHING: TraceResult = { rows: null, problem: null, failedAt: null };

/** The trace of one attempt. In mode `auto` nothing is kept of an attempt that passes, and its trace is not even read. */
export class AttemptTrace {
  readonly #trace: StepTrace;

  constructor(private readonly spec: StepSpec) {
    this.#trace = startTrace(spec);
  }

  /** To be added to the environment of the attempt. */
  get env(): Readonly<Record<string, string>> {
    return this.#trace.env;
  }

  /** To be called once, after the attempt has ended. `failedCode` is 0 if it did not fail. Never throws. */
  finish(logs: StepLogs, { failedCode, completedAt }: { failedCode: number; completedAt: string }): TraceResult {
    const { spec } = this;
    if (spec.trace !== "always" && failedCode === 0) {
      this.#trace.discard();
      return NOTHING;
    }
    const { stderr } = logs;
    const finished = this.#trace.finish({ code: failedCode, stderrFile: stderr.fileId === null ? null : stderr.path });
    const redactor = spec.redactor ?? new Redactor({ patterns: [], environment: process.env });
    try {
      const rows = traceRowsOf(finished, spec, redactor, { code: failedCode, completedAt });
      return { rows, problem: null, failedAt: failedCode === 0 ? null : failingPlaceOf(new Map(rows.tags)) };
    } catch (error) {
      return { ...NOTHING, problem: `its file could not be written: ${reasonOf(error)}` };
    }
  }
}
