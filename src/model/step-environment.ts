import type { Redactor } from "./redact/redactor.ts";
import type { TraceMode } from "./step.ts";

/** What a recorder tells the programs that it starts, and the variable that holds each value. */
export const VARIABLES = {
  database: "SCENARIOLOG_DB",
  runId: "SCENARIOLOG_RUN_ID",
  rootDir: "SCENARIOLOG_ROOT_DIR",
  logDir: "SCENARIOLOG_LOG_DIR",
  stepId: "SCENARIOLOG_STEP_ID",
  attempt: "SCENARIOLOG_ATTEMPT",
  commandId: "SCENARIOLOG_COMMAND_ID",
  trace: "SCENARIOLOG_TRACE",
  redact: "SCENARIOLOG_REDACT",
  redactLogs: "SCENARIOLOG_REDACT_LOGS",
  skipCode: "SCENARIOLOG_SKIP_CODE",
} as const;

/** Values that are absent are not written: the program then has what its parent has. */
export interface StepEnvironment {
  /** Paths are absolute. */
  readonly database?: string;
  readonly runId?: string;
  readonly rootDir?: string;
  readonly logDir?: string;
  /** "" if the program is in no step, though the recorder itself may be inside one. */
  readonly stepId?: string;
  /** From 1; null goes with an empty `stepId`. */
  readonly attempt?: number | null;
  readonly commandId?: string;
  readonly trace?: TraceMode;
  /** Its patterns count; without any, nothing is written. */
  readonly redactor?: Redactor | undefined;
  readonly redactLogs?: boolean | undefined;
  /** Null is not written: no code was chosen. */
  readonly skipCode?: number | null | undefined;
}

/** The values as variables, to be added to a program's environment. */
export function toEnv(values: StepEnvironment): Record<string, string> {
  const { redactor, redactLogs, skipCode, attempt, ...texts } = values;
  const env: Record<string, string> = {};
  for (const [key, text] of Object.entries(texts)) {
    if (text !== undefined) env[VARIABLES[key as keyof typeof texts]] = text;
  }
  if (attempt !== undefined) env[VARIABLES.attempt] = attempt === null ? "" : String(attempt);
  const patterns = redactor?.patterns ?? [];
  if (patterns.length > 0) env[VARIABLES.redact] = patterns.join("\n");
  if (redactLogs) env[VARIABLES.redactLogs] = "1";
  if (skipCode !== undefined && skipCode !== null) env[VARIABLES.skipCode] = String(skipCode);
  return env;
}

/** What the environment says; a person may have set any of it by hand. */
export interface FoundEnvironment {
  /** Undefined for a variable that is absent or empty. */
  readonly database: string | undefined;
  readonly runId: string | undefined;
  readonly rootDir: string | undefined;
  readonly logDir: string | undefined;
  readonly stepId: string | undefined;
  readonly commandId: string | undefined;
  /** Null unless it is a number from 1. */
  readonly attempt: number | null;
  /** As written: whoever needs them checks them, and names the variable in the error. */
  readonly trace: string | undefined;
  readonly skipCode: string | undefined;
  /** One regular expression each; they are not checked. */
  readonly redact: readonly string[];
  readonly redactLogs: boolean;
}

/** Reads what `toEnv` has written, or a person. */
export function fromEnv(env: Readonly<Record<string, string | undefined>> = process.env): FoundEnvironment {
  const text = (name: keyof typeof VARIABLES) => env[VARIABLES[name]] || undefined;
  const attempt = Number(text("attempt"));
  return {
    database: text("database"),
    runId: text("runId"),
    rootDir: text("rootDir"),
    logDir: text("logDir"),
    stepId: text("stepId"),
    commandId: text("commandId"),
    attempt: attempt > 0 ? attempt : null,
    trace: text("trace"),
    skipCode: text("skipCode"),
    redact: (text("redact") ?? "").split("\n").filter((pattern) => pattern !== ""),
    redactLogs: !["0", undefined].includes(text("redactLogs")),
  };
}
