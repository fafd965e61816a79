import { type CommandDef, defineCommand } from "citty";
import { type FlagDefs, type Values, valuesOf } from "./argv/flag.ts";

/** What a verb gets besides its flags. */
export interface Invocation {
  readonly positionals: string[];
  /** What follows `--`; undefined when there was none. */
  readonly rest: string[] | undefined;
  /** Flags as the command line has them, by name. Repeatable ones are arrays. */
  readonly flags: Readonly<Record<string, string | boolean | string[] | undefined>>;
}

/** How the program is to end: with a code, or of the signal that its step was ended by. */
export type End = number | { readonly signal: NodeJS.Signals };

/** A verb returns its end; nothing is 0. Its flags' types are its own affair. */
// biome-ignore lint/suspicious/noExplicitAny: citty's own way to say "a command with whatever arguments"
export type Verb = CommandDef<any>;

/** The groups of the help, in its order. */
export const groups = {
  record: "Record a suite",
  ask: "Ask what happened",
  inside: "Inside a step",
  keep: "Keep house",
} as const;

export interface Entry {
  readonly group: keyof typeof groups;
  readonly summary: string;
  readonly load: () => Promise<Verb>;
  /** Takes arguments that are no flags: shown in the help. */
  readonly operands?: string;
  /** A line that works, shown in the help: what follows `scenariolog`. */
  readonly example: string;
}

/** A verb whose flags arrive as values: a number, a duration in ms, one of a set. See argv/flag.ts. */
export function defineVerb<const D extends FlagDefs>(spec: {
  readonly flags: D;
  // biome-ignore lint/suspicious/noConfusingVoidType: most verbs are functions that return nothing
  readonly run: (flags: Values<D>, call: Invocation) => End | undefined | void | Promise<End | undefined | void>;
}): Verb {
  return defineCommand({
    args: { ...spec.flags },
    run: ({ data }: { data?: Invocation }) => spec.run(valuesOf(spec.flags, data!.flags), data!),
  });
}
