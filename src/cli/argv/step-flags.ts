import type { ArgsDef } from "citty";
import { usageError } from "../../errors.ts";
import { SKIP_CODE, type StepOptions } from "../../model/step.ts";
import { fromEnv, VARIABLES } from "../../model/step-environment.ts";
import { durationMsOf } from "./duration.ts";
import { integerOf, seeHelp } from "./parse.ts";
import { bytesOf } from "./size.ts";

/** How a step is run and kept: flags of every verb that records steps. */
export const stepArgs = {
  stdin: { type: "enum", options: ["null", "inherit"], default: "null", description: "What the step reads from" },
  timeout: {
    type: "string",
    default: "0",
    valueHint: "duration",
    description: "End the step after this; 0 is never",
  },
  grace: {
    type: "string",
    default: "10s",
    valueHint: "duration",
    description: "From a signal or the timeout to SIGKILL for all that is left",
  },
  "leak-timeout": {
    type: "string",
    default: "500ms",
    valueHint: "duration",
    description: "How long what the step leaves behind may hold its output open",
  },
  "on-leak": {
    type: "enum",
    options: ["warn", "fail", "kill"],
    default: "warn",
    description: "What then: warn and go on, fail the step, or kill what holds it",
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
    valueHint: "size",
    description: "Index no more of each log: 500k, 100M, 2G; search says that there is more",
  },
  retries: { type: "string", default: "0", valueHint: "n", description: "Further attempts of a step that fails" },
  "retry-delay": { type: "string", default: "0", valueHint: "duration", description: "Pause before each of them" },
  "flaky-result": {
    type: "enum",
    options: ["pass", "fail"],
    default: "pass",
    description: "What a step counts as that passes at a later attempt",
  },
  "skip-code": {
    type: "string",
    valueHint: "n|none",
    description:
      "A step that ends with this code is skipped (default: 77 for record, none for exec; or SCENARIOLOG_SKIP_CODE)",
  },
  strict: { type: "boolean", default: false, description: "Exit with 125 when anything could not be recorded" },
} as const satisfies ArgsDef;

/** Throws USAGE. */
export function stepOptionsOf(verb: string, args: { readonly [flag: string]: unknown }): StepOptions {
  const text = (flag: string) => (args[flag] as string | undefined) ?? "";
  const duration = (flag: string) => durationMsOf(flag, text(flag));
  const choice = <const T extends string>(flag: string, choices: readonly T[]) =>
    choiceOf(verb, flag, text(flag), choices);
  return {
    stdin: choice("stdin", ["null", "inherit"]),
    timeoutMs: duration("timeout"),
    graceMs: duration("grace"),
    leakTimeoutMs: duration("leak-timeout"),
    onLeak: choice("on-leak", ["warn", "fail", "kill"]),
    index: choice("index", ["all", "stderr", "none"]),
    indexLimitBytes:
      text("index-limit") === "none" ? Number.POSITIVE_INFINITY : bytesOf("index-limit", text("index-limit")),
    retries: integerOf("retries", text("retries"), 0),
    retryDelayMs: duration("retry-delay"),
    flakyResult: choice("flaky-result", ["pass", "fail"]),
    skipCode: skipCodeOf(args["skip-code"] as string | undefined, verb === "record" ? SKIP_CODE : null),
  };
}

/** As the flag says, else as the environment does. Null is none. Throws USAGE. */
export function skipCodeOf(given: string | undefined, fallback: number | null): number | null {
  const [flag, text] = given === undefined ? [VARIABLES.skipCode, fromEnv().skipCode] : ["--skip-code", given];
  if (text === undefined || text === "") return fallback;
  if (text === "none") return null;
  const code = Number(text);
  if (/^\d{1,3}$/.test(text) && code >= 1 && code <= 255) return code;
  throw usageError(`${flag} ${JSON.stringify(text)} is neither a code from 1 to 255 nor none`);
}

export function choiceOf<const T extends string>(verb: string, flag: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  throw usageError(`--${flag} ${JSON.stringify(text)} is none of ${choices.join(", ")}`, seeHelp(verb));
}
