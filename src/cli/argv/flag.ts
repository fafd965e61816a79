import type { ArgDef } from "citty";
import { usageError } from "../../errors.ts";
import { nearest } from "../../model/nearest.ts";
import { durationMsOf } from "./duration.ts";
import { integerOf } from "./parse.ts";
import { bytesOf } from "./size.ts";

/** A flag as citty defines it, with what this program adds. A short name is citty's `alias`. */
export type FlagDef = ArgDef & {
  /** Turns the text into the flag's value. Throws USAGE that names the flag. Absent: the value is the text. */
  readonly parse?: (text: string, flag: string) => unknown;
  /** The flag counts each time it is given. Of any other flag the last one counts. */
  readonly repeatable?: boolean;
  /** What completion offers, if the parser takes other values as well. */
  readonly offers?: readonly string[];
};

export type FlagDefs = Readonly<Record<string, FlagDef>>;

/** The value of each flag, by name. A flag without a default is undefined if it is not given. */
export type Values<D extends FlagDefs> = { readonly [K in keyof D]: ValueOf<D[K]> };

type ValueOf<F extends FlagDef> = F extends { type: "boolean" }
  ? F extends { default: boolean }
    ? boolean
    : boolean | undefined
  : F extends { repeatable: true }
    ? readonly One<F>[] | undefined
    : F extends { default: string }
      ? One<F>
      : One<F> | undefined;

type One<F extends FlagDef> = F extends { parse: (text: string, flag: string) => infer T }
  ? T
  : F extends { options: readonly (infer O)[] }
    ? O
    : string;

/** The flags as the command line has them (see parse.ts), each turned into its value. Throws USAGE. */
export function valuesOf<const D extends FlagDefs>(defs: D, raw: Readonly<Record<string, unknown>>): Values<D> {
  const values: Record<string, unknown> = {};
  for (const [name, def] of Object.entries(defs)) {
    const given = raw[name] ?? def.default;
    values[name] = Array.isArray(given) ? given.map((text) => oneOf(name, def, text)) : oneOf(name, def, given);
  }
  return values as Values<D>; // The mapped type says what this loop does; TypeScript cannot follow it.
}

function oneOf(name: string, def: FlagDef, given: unknown): unknown {
  if (def.type === "boolean") {
    if (given === undefined || typeof given === "boolean") return given;
    throw usageError(`--${name}: ${JSON.stringify(given)} is not true or false`);
  }
  if (given === undefined) return undefined;
  if (typeof given !== "string") throw usageError(`--${name} needs a value`);
  if ("options" in def && def.options) return choice(name, given, def.options);
  return def.parse ? def.parse(given, name) : given;
}

/** One of a fixed set. Throws USAGE that names the set, and the choice that was probably meant. */
export function choice<const T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((known) => known === text);
  if (found !== undefined) return found;
  const near = nearest(text, choices);
  throw usageError(
    `--${flag} ${JSON.stringify(text)} is none of ${choices.join(", ")}`,
    near === undefined ? undefined : `did you mean ${near}?`,
  );
}

/** A whole number, at least `min`. */
export const integer = (min?: number) => (text: string, flag: string) => integerOf(flag, text, min);

/** In ms. */
export const duration = (text: string, flag: string) => durationMsOf(flag, text);

/** In bytes; with `none` as an infinite number of them. */
export const size = (text: string, flag: string) => (text === "none" ? Number.POSITIVE_INFINITY : bytesOf(flag, text));

/** Names with commas between them; blanks around them and empty names do not count. */
export const names = (text: string) =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
