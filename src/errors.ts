/**
 * Exit codes of our own. A step's own code passes through `exec` unchanged; 124 to 127 and 128+n are the
 * shell's and coreutils' conventions (timeout(1), env(1), POSIX sh).
 */
export const exitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  timeout: 124,
  /** `exec`: the recorder itself failed before the step started. */
  recorder: 125,
  notExecutable: 126,
  notFound: 127,
  /** A process that died of signal n ends with signalBase + n. */
  signalBase: 128,
} as const;

export type ErrorCode =
  | "USAGE"
  | "NO_DATABASE"
  | "NOT_A_DATABASE"
  | "DAMAGED"
  | "NEWER_SCHEMA"
  | "LOCKED"
  | "DISK_FULL"
  | "READ_ONLY"
  | "NO_FTS5"
  | "NO_RUN"
  | "NO_STEP"
  | "STORE"
  | "FILE";

/**
 * The one error that reaches a user: `message` is one line that names the thing, `hint` one line that says what to
 * do about it. Anything else that is thrown is a defect of ours.
 */
export class ScenariologError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ScenariologError";
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): number {
    return this.code === "USAGE" ? exitCode.usage : exitCode.failure;
  }
}

export function usageError(message: string, hint?: string): ScenariologError {
  return new ScenariologError("USAGE", message, hint === undefined ? {} : { hint });
}

/** The `code` of a system error (`ENOENT`), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** Why a system call failed, in words: `no space left on device`. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const text = /^[A-Z0-9]+: ([^,]+)/.exec(message)?.[1];
  return text === undefined || text === "unknown error" ? (systemCode(error) ?? message) : text;
}

/** What to tell a person about any error, in one line without a hint. */
export function messageOf(error: unknown): string {
  return error instanceof ScenariologError ? error.message : reasonOf(error);
}
