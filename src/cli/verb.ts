import type { CommandDef } from "citty";

/** What a verb gets besides its flags. */
export interface Invocation {
  readonly positionals: string[];
  /** What follows `--`; undefined when there was none. */
  readonly rest: string[] | undefined;
  /** Flags as parsed, by name. Repeatable ones are arrays. */
  readonly flags: Readonly<Record<string, string | boolean | string[] | undefined>>;
}

/** How the program is to end: with a code, or of the signal that its step was ended by. */
export type End = number | { readonly signal: NodeJS.Signals };

/** A verb returns its end; nothing is 0. Its flags' types are its own affair. */
// biome-ignore lint/suspicious/noExplicitAny: citty's own way to say "a command with whatever arguments"
export type Verb = CommandDef<any>;

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<{ default: Verb }>;
  /** Takes arguments that are no flags: shown in the help. */
  readonly operands?: string;
}

/**
 * Every verb, in the order of the help. Loaded when called: a step pays for what `exec` needs and nothing else.
 */
export const verbs = {
  init: { summary: "Create a database, or bring one up to date", load: () => import("./verbs/init.ts") },
  "run start": { summary: "Start a run; prints its id", load: () => import("./verbs/run-start.ts") },
  "run end": { summary: "End a run", load: () => import("./verbs/run-end.ts") },
  exec: {
    summary: "Run one step and keep what it prints",
    load: () => import("./verbs/exec.ts"),
    operands: "-- COMMAND [ARG…]",
  },
  summary: { summary: "One row about a run", load: () => import("./verbs/summary.ts") },
  failures: { summary: "The steps that did not pass", load: () => import("./verbs/failures.ts") },
  timings: { summary: "The slowest steps", load: () => import("./verbs/timings.ts") },
  search: { summary: "Find lines that steps printed", load: () => import("./verbs/search.ts") },
  verify: { summary: "Check a run's files against what was recorded", load: () => import("./verbs/verify.ts") },
  "index fts": {
    summary: "Index the logs of a run that are not indexed yet",
    load: () => import("./verbs/index-fts.ts"),
  },
  capabilities: { summary: "What this program, and a database, can do", load: () => import("./verbs/capabilities.ts") },
  help: { summary: "Help on a verb or a topic", load: () => import("./verbs/help.ts"), operands: "[VERB or TOPIC]" },
  completion: {
    summary: "A completion script for bash, zsh or fish",
    load: () => import("./verbs/completion.ts"),
    operands: "bash|zsh|fish",
  },
} as const satisfies Record<string, Entry>;

export type VerbName = keyof typeof verbs;

export function entryOf(name: VerbName): Entry {
  return verbs[name];
}
