import { usageError } from "../../errors.ts";
import { SKIP_CODE, type StepOptions } from "../../model/step.ts";
import { fromEnv, VARIABLES } from "../../model/step-environment.ts";
import { choice, duration, type FlagDefs, integer, size, valuesOf } from "./flag.ts";

/** How a step is run and kept: flags of every verb that records steps. */
export const stepArgs = {
  stdin: { type: "enum", options: ["null", "inherit"], default: "null", description: "What the step reads from" },
  timeout: {
    type: "string",
    default: "0",
    parse: duration,
    valueHint: "duration",
    description: "End the step after this; 0 is never",
  },
  grace: {
    type: "string",
    default: "10s",
    parse: duration,
    valueHint: "duration",
    description: "Time from a signal or the timeout to SIGKILL for every process that is left",
  },
  "leak-timeout": {
    type: "string",
    default: "500ms",
    parse: duration,
    valueHint: "duration",
    description: "How long processes that the step leaves running may hold its output open",
  },
  "on-leak": {
    type: "enum",
    options: ["warn", "fail", "kill"],
    default: "warn",
    description: "What to do then: warn and go on, fail the step, or kill those processes",
  },
  index: {
    type: "enum",
    options: ["all", "stderr", "none"],
    default: "all",
    description: "Which logs are indexed; index fts adds the others",
  },
  "index-limit": {
    type: "string",
    default: "none",
    parse: size,
    valueHint: "size",
    description: "Index no more of each log: 500k, 100M, 2G; search says that there is more",
  },
  retries: {
    type: "string",
    default: "0",
    parse: integer(0),
    valueHint: "n",
    description: "Further attempts of a step that fails",
  },
  "retry-delay": {
    type: "string",
    default: "0",
    parse: duration,
    valueHint: "duration",
    description: "Pause before each of them",
  },
  "flaky-result": {
    type: "enum",
    options: ["pass", "fail"],
    default: "pass",
    description: "The result of a step that passes at a later attempt",
  },
  "skip-code": {
    type: "string",
    parse: (text: string) => skipCode("--skip-code", text),
    valueHint: "n|none",
    description:
      "A step that ends with this code is skipped (default: 77 for record, none for exec; or SCENARIOLOG_SKIP_CODE)",
  },
  strict: { type: "boolean", default: false, description: "Exit with 125 if anything could not be recorded" },
} as const satisfies FlagDefs;

/** How the flags want a step to be run. Throws USAGE. */
export function stepOptionsOf(verb: string, args: Readonly<Record<string, unknown>>): StepOptions {
  const flags = valuesOf(stepArgs, args);
  return {
    stdin: flags.stdin,
    timeoutMs: flags.timeout,
    graceMs: flags.grace,
    leakTimeoutMs: flags["leak-timeout"],
    onLeak: flags["on-leak"],
    index: flags.index,
    indexLimitBytes: flags["index-limit"],
    retries: flags.retries,
    retryDelayMs: flags["retry-delay"],
    flakyResult: flags["flaky-result"],
    skipCode: skipCodeOf(flags["skip-code"], verb === "record" ? SKIP_CODE : null),
  };
}

/** The flag's code, else the environment's, else the fallback. Null is none. Throws USAGE. */
export function skipCodeOf(given: number | null | undefined, fallback: number | null): number | null {
  if (given !== undefined) return given;
  const inherited = skipCode(VARIABLES.skipCode, fromEnv().skipCode ?? "");
  return inherited === undefined ? fallback : inherited;
}

/** Null for `none`, undefined for an empty text. */
function skipCode(source: string, text: string): number | null | undefined {
  if (text === "") return undefined;
  if (text === "none") return null;
  const code = Number(text);
  if (/^\d{1,3}$/.test(text) && code >= 1 && code <= 255) return code;
  throw usageError(`${source} ${JSON.stringify(text)} is neither a code from 1 to 255 nor none`);
}

/** For verbs that do not read their flags by `valuesOf` yet. Throws USAGE. */
export function choiceOf<const T extends string>(_verb: string, flag: string, text: string, choices: readonly T[]): T {
  return choice(flag, text, choices);
}
