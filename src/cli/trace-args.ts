import type { ArgsDef } from "citty";
import { usageError } from "../errors.ts";
import { Redactor } from "../model/redact.ts";
import type { StepOptions, TraceMode } from "../model/step.ts";
import { seeHelp } from "./parse.ts";

const MODES = ["auto", "always", "never"] as const satisfies TraceMode[];

export const redactArg = {
  redact: {
    type: "string",
    valueHint: "pattern",
    description: "Also take what this matches out of tags, traces and the index; repeatable; none: take out nothing",
  },
} as const satisfies ArgsDef;

/** What is kept of a step's commands, and of its secrets: flags of every verb that records steps. */
export const traceArgs = {
  trace: {
    type: "enum",
    options: [...MODES],
    description: "Keep the commands of bash steps: of those that fail, of all, of none (or SCENARIOLOG_TRACE)",
  },
  ...redactArg,
} as const satisfies ArgsDef;

/** `fallback` is the mode where neither flag nor environment says one. Throws USAGE. */
export function traceOptionsOf(
  verb: string,
  args: { readonly [flag: string]: unknown },
  patterns: readonly string[] | undefined,
  fallback: TraceMode,
): Pick<StepOptions, "trace" | "redactor"> {
  return {
    trace: modeOf(verb, args.trace as string | undefined, fallback),
    redactor: redactorOf(patterns),
  };
}

/** Throws USAGE for a pattern that is no regular expression. */
export function redactorOf(patterns: readonly string[] | undefined): Redactor {
  return new Redactor({ patterns: patterns ?? [], environment: process.env });
}

function modeOf(verb: string, given: string | undefined, fallback: TraceMode): TraceMode {
  const [name, text] = given === undefined ? ["SCENARIOLOG_TRACE", process.env.SCENARIOLOG_TRACE] : ["--trace", given];
  if (text === undefined || text === "") return fallback;
  const mode = MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw usageError(`${name} ${JSON.stringify(text)} is none of ${MODES.join(", ")}`, seeHelp(verb));
}
