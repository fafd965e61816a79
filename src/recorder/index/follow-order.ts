/** What a worker is to follow. */
export interface FollowOrder {
  readonly database: string;
  readonly runId: string;
  readonly logs: readonly { readonly artifactId: number; readonly file: string; readonly fileId: string | null }[];
  /** Of each log no more is indexed. */
  readonly limitBytes: number;
  /** A redactor's patterns; null: lines are indexed as they are. */
  readonly redact: readonly string[] | null;
  /** One number, shared: see `Phase`. */
  readonly phase: SharedArrayBuffer;
}

/** What the worker is to do now. */
export const Phase = { index: 0, pause: 1, stop: 2 } as const;
