/** What `exec` was asked to record. Paths are as the user gave them; `argv` has at least one element. */
export interface StepSpec {
  readonly runId: string;
  readonly rootDir: string;
  /** Relative to `rootDir` unless absolute. */
  readonly logDir: string;
  readonly name: string;
  readonly num: number;
  readonly scriptPath: string;
  /** The child's working directory; "" means the caller's. */
  readonly workDir: string;
  readonly stdin: "null" | "inherit";
  readonly tags: ReadonlyMap<string, string>;
  readonly argv: readonly [string, ...string[]];
}

/** `interrupted` is a step or run that has no end: its recorder was killed, or is still at it. */
export type Status = "passed" | "failed" | "interrupted";

export function statusOf(completedAt: string | null, code: number | null): Status {
  if (completedAt === null || code === null) return "interrupted";
  return code === 0 ? "passed" : "failed";
}
