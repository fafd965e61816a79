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

export interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Verb>;
  /** Takes arguments that are no flags: shown in the help. */
  readonly operands?: string;
}
