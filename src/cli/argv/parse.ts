import type { ArgDef, ArgsDef } from "citty";
import { usageError } from "../../errors.ts";
import { nearest } from "../../model/nearest.ts";

export interface ParsedLine {
  /** Strings, booleans, and arrays for repeatable flags, by name. Undefined if absent and without a default. */
  readonly flags: Record<string, string | boolean | string[] | undefined>;
  readonly positionals: string[];
  /** What follows the first `--`; undefined when there is none. */
  readonly rest: string[] | undefined;
  /** `--help` or `-h` was among the flags: the verb is not to run. */
  readonly help: boolean;
}

const TRUE = /^(?:1|t|true)$/i;
const FALSE = /^(?:0|f|false)$/i;

/**
 * Parses as the Go build does. citty's own parser cannot: it swallows unknown flags, loses values that start with a dash
 * and all but the last value of a repeated flag, and looks for --help after `--`. Throws USAGE.
 */
export function parseLine(verb: string, defs: ArgsDef, argv: readonly string[]): ParsedLine {
  const dashes = argv.indexOf("--");
  const own = dashes < 0 ? argv : argv.slice(0, dashes);
  const rest = dashes < 0 ? undefined : argv.slice(dashes + 1);
  const flags = defaultsOf(defs);
  const positionals: string[] = [];
  let help = false;
  for (let i = 0; i < own.length; i++) {
    const token = own[i]!;
    if (token === "-h") help = true;
    else if (token === "--help" || token.startsWith("--help=")) help = booleanOf("help", splitFlag(token).value);
    else if (token === "-" || !token.startsWith("-")) positionals.push(token);
    else {
      const { name, value } = token.startsWith("--") ? splitFlag(token) : shortFlag(token, defs);
      const def = Object.hasOwn(defs, name) ? defs[name]! : undefined;
      if (!def || def.type === "positional") throw unknownFlag(verb, token, defs);
      if (def.type === "boolean") flags[name] = booleanOf(name, value);
      else {
        if (value === undefined && i + 1 >= own.length) throw usageError(`flag --${name} needs a value`, seeHelp(verb));
        const text = value ?? own[++i]!;
        if ("repeatable" in def && def.repeatable === true)
          flags[name] = [...((flags[name] as string[] | undefined) ?? []), text];
        else flags[name] = text;
      }
    }
  }
  return { flags, positionals, rest, help };
}

export function seeHelp(verb: string): string {
  return `see: scenariolog ${verb === "" ? "" : `${verb} `}--help`;
}

/** A strict decimal integer. Throws USAGE that names the flag. */
export function integerOf(flag: string, text: string, min = Number.MIN_SAFE_INTEGER): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text)) throw usageError(`--${flag} ${JSON.stringify(text)} is not a whole number`);
  if (!Number.isSafeInteger(value)) throw usageError(`--${flag} ${text} is out of range`);
  if (value < min) throw usageError(`--${flag} ${text} is less than ${min}`);
  return value + 0; // "-0" is 0
}

function splitFlag(token: string): { name: string; value: string | undefined } {
  const equals = token.indexOf("=");
  return equals < 0
    ? { name: token.slice(2), value: undefined }
    : { name: token.slice(2, equals), value: token.slice(equals + 1) };
}

/** `-o json`, `-o=json`: one letter, and never several in one word, so that `-db` stays the mistake that it is. */
function shortFlag(token: string, defs: ArgsDef): { name: string; value: string | undefined } {
  const [, letter = "", , value] = /^-([A-Za-z])(=([\s\S]*))?$/.exec(token) ?? [];
  const found = Object.entries(defs).find(([, def]) => "alias" in def && letter !== "" && def.alias === letter);
  return { name: found?.[0] ?? "", value };
}

function defaultsOf(defs: ArgsDef): ParsedLine["flags"] {
  const flags: ParsedLine["flags"] = {};
  for (const [name, def] of Object.entries(defs) as [string, ArgDef][]) {
    if (def.default !== undefined && def.type !== "positional") flags[name] = def.default as string | boolean;
  }
  return flags;
}

function booleanOf(name: string, value: string | undefined): boolean {
  if (value === undefined || TRUE.test(value)) return true;
  if (FALSE.test(value)) return false;
  throw usageError(`--${name}=${value} is neither true nor false`);
}

function unknownFlag(verb: string, token: string, defs: ArgsDef): Error {
  const flag = token.split("=")[0]!;
  const near =
    flag.startsWith("-") && flag.length > 2 ? nearest(flag.replace(/^-+/, ""), Object.keys(defs)) : undefined;
  return usageError(
    `unknown flag ${JSON.stringify(flag)} of ${verb === "" ? "scenariolog" : verb}`,
    near ? `did you mean --${near}? ${seeHelp(verb)}` : seeHelp(verb),
  );
}
