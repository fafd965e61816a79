import { reasonOf } from "../../errors.ts";
import { Redactor } from "../../model/redact/redactor.ts";
import { startTrace } from "../../trace/bash/trace.ts";
import type { StepJournal } from "./journal.ts";
import type { StepLogs } from "./logs.ts";
import { traceRowsOf } from "./trace-rows.ts";

/** To be called when an attempt's rows are closed. Never throws. */
export type KeepTrace = (code: number, completedAt: string) => void;

/**
 * Traces the attempt that has begun, as its spec says. In mode `auto` nothing is kept of one that passes. What is kept is
 * redacted before it is written anywhere.
 */
export function traceAttempt(
  journal: StepJournal,
  logs: StepLogs,
): { readonly env: Readonly<Record<string, string>>; readonly keep: KeepTrace } {
  const { spec } = journal;
  const trace = startTrace(spec);
  return {
    env: trace.env,
    keep: (code, completedAt) => {
      const finished = trace.finish({ code, stderrFile: logs.stderr.fileId === null ? null : logs.stderr.path });
      if (spec.trace !== "always" && code === 0) return;
      const redactor = spec.redactor ?? new Redactor({ patterns: [], environment: process.env });
      try {
        journal.recordTrace(traceRowsOf(finished, spec, redactor, { code, completedAt }));
      } catch (error) {
        journal.missTrace(`its file could not be written: ${reasonOf(error)}`);
      }
    },
  };
}
