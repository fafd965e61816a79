import type { Redactor } from "./redact/redactor.ts";

/** How a step is run and kept. */
export interface StepOptions {
  readonly stdin: "null" | "inherit";
  /** 0 is none. */
  readonly timeoutMs: number;
  /** From the first signal, or the timeout, to SIGKILL. */
  readonly graceMs: number;
  /** How long a process that the step left behind may hold its output open. */
  readonly leakTimeoutMs: number;
  readonly onLeak: "warn" | "fail" | "kill";
  /** Which logs are indexed; the others are left for `index fts`. */
  readonly index: "all" | "stderr" | "none";
  /** No more of each log is indexed. Infinity means no limit. */
  readonly indexLimitBytes: number;
  /** The most further attempts after one that failed. */
  readonly retries: number;
  readonly retryDelayMs: number;
  /** Whether a step that passed at a later attempt counts as passed. */
  readonly flakyResult: "pass" | "fail";
  /** A step that ends with this code is skipped; null: only one that calls `scenariolog skip`. Absent is null. */
  readonly skipCode?: number | null;
  /** Whether a bash step's commands are traced, and which traces are kept: those of steps that fail, or all. */
  readonly trace?: TraceMode;
  /** Applied to tags, traces and the index; absent: nothing is redacted but traces, by the default set. */
  readonly redactor?: Redactor;
  /** Applies it to the log files as well. */
  readonly redactLogs?: boolean;
}

export type TraceMode = "auto" | "always" | "never";

/** What `exec` was asked to record. Paths are as the user gave them; `argv` has at least one element. */
export interface StepSpec extends StepOptions {
  readonly runId: string;
  readonly rootDir: string;
  /** Relative to `rootDir` unless absolute. */
  readonly logDir: string;
  readonly name: string;
  readonly num: number;
  /** The step gets the next free number of its run instead of `num`, if `record` has started the run. */
  readonly takesNextNum?: boolean;
  readonly scriptPath: string;
  /** The child's working directory; "" means the caller's. */
  readonly workDir: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly argv: readonly [string, ...string[]];
}

/** Automake's, and that of `scenariolog skip`: the step could not be run here, and says so. */
export const SKIP_CODE = 77;

/**
 * `interrupted` has no end, or was ended by a signal to its recorder; `running` has a recorder that is at work. A run that
 * only skipped its steps is `skipped`; one that left steps of its plan out, and failed in none, is `partial`.
 */
export const runStatuses = ["passed", "failed", "interrupted", "running", "skipped", "partial"] as const;
export type RunStatus = (typeof runStatuses)[number];
/** A step that is `not run` was planned, and not reached. */
export type Status = RunStatus | "not run";

/** Whether a step of this status ended badly, so that its cause is worth looking for. */
export function isFailure(status: string): boolean {
  return status === "failed" || status === "interrupted";
}

/** `reason` is why the last attempt ended, null if by itself; `running` says that its recorder is at work. */
export function statusOf(
  completedAt: string | null,
  code: number | null,
  reason: string | null = null,
  running = false,
): RunStatus {
  if (completedAt === null || code === null) return running ? "running" : "interrupted";
  if (reason === "interrupted" || reason === "skipped") return reason;
  return code === 0 ? "passed" : "failed";
}
