import { usageError } from "../../errors.ts";
import { Redactor } from "../../model/redact/redactor.ts";
import type { StepOptions, TraceMode } from "../../model/step.ts";
import { fromEnv, VARIABLES } from "../../model/step-environment.ts";
import { type FlagDefs, valuesOf } from "./flag.ts";
import { seeHelp } from "./parse.ts";

const MODES = ["auto", "always", "never"] as const satisfies TraceMode[];

export const redactArg = {
  redact: {
    type: "string",
    repeatable: true,
    valueHint: "pattern",
    description:
      "Also take text that matches out of tags, traces and the index; repeatable; none turns redaction off (or SCENARIOLOG_REDACT)",
  },
} as const satisfies FlagDefs;

/** The same for verbs that only show what is recorded. */
export const shownRedactArg = {
  redact: {
    ...redactArg.redact,
    description: "Also take what this matches out of what is shown; repeatable; none: take out nothing",
  },
} as const satisfies FlagDefs;

/** Flags of every verb that records steps: how much of a step's commands is kept, and which secrets are taken out. */
export const traceArgs = {
  trace: {
    type: "enum",
    options: [...MODES],
    description: "Keep the commands of bash steps: of those that fail, of all, of none (or SCENARIOLOG_TRACE)",
  },
  ...redactArg,
  "redact-logs": {
    type: "boolean",
    default: false,
    description: "Take secrets out of the log files as well (or SCENARIOLOG_REDACT_LOGS=1)",
  },
} as const satisfies FlagDefs;

type Args = { readonly [flag: string]: unknown };

/** `fallback` is the mode if neither the flag nor the environment names one. Throws USAGE. */
export function traceOptionsOf(
  verb: string,
  args: Args,
  patterns: readonly string[] | undefined,
  fallback: TraceMode,
): Required<Pick<StepOptions, "trace" | "redactor" | "redactLogs">> {
  return {
    trace: valuesOf({ trace: traceArgs.trace }, args).trace ?? inheritedMode(verb, fallback),
    ...redactionOf(args, patterns),
  };
}

/** From the flags, else from the environment, which has one pattern a line. Throws USAGE for an invalid regular expression. */
export function redactionOf(
  args: Args,
  patterns: readonly string[] | undefined,
): { redactor: Redactor; redactLogs: boolean } {
  const { redact, redactLogs } = fromEnv();
  return {
    redactor: new Redactor({ patterns: patterns ?? redact, environment: process.env }),
    redactLogs: args["redact-logs"] === true || redactLogs,
  };
}

function inheritedMode(verb: string, fallback: TraceMode): TraceMode {
  const text = fromEnv().trace;
  if (text === undefined || text === "") return fallback;
  const mode = MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw usageError(`${VARIABLES.trace} ${JSON.stringify(text)} is none of ${MODES.join(", ")}`, seeHelp(verb));
}
