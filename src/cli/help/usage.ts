import type { ArgDef, ArgsDef } from "citty";
import { entryOf, type VerbName, verbs } from "../verbs.ts";
import { VERSION } from "../version.ts";
import { shown } from "./page.ts";
import { topics } from "./topics.ts";

/** The page of `scenariolog --help` and `scenariolog help`, ready to be printed. */
export function overview(): string {
  const names = Object.keys(verbs) as VerbName[];
  return shown(`# scenariolog ${VERSION}

The flight recorder for scenario-style test suites: wraps every step, keeps what it printed, answers from one file.

## Usage

    scenariolog VERB [flags]

## Verbs

${columns(names.map((name) => [name, entryOf(name).summary]))}

## Flags

${columns([
  ["-h, --help", "This page; behind a verb, that verb's"],
  ["--version", "Print the version"],
])}

## Topics: scenariolog help TOPIC

${columns(Object.entries(topics).map(([name, { summary }]) => [name, summary]))}
`);
}

/** The page of `scenariolog VERB --help` and `scenariolog help VERB`, ready to be printed. */
export async function usageOf(name: VerbName): Promise<string> {
  const flags: [string, string][] = (await flagsOf(name)).map((flag) => [signature(flag), description(flag)]);
  return shown(`# scenariolog ${name}

${entryOf(name).summary}

## Usage

    ${await usageLine(name)}

## Flags

${columns([...flags, ["-h, --help", "This page"]])}
`);
}

/** One flag of a verb, as the help and the generated documents show it. */
export interface Flag {
  readonly name: string;
  readonly def: ArgDef;
}

/** In the order of the verb's definition; without --help, which every verb has. */
export async function flagsOf(name: VerbName): Promise<Flag[]> {
  const verb = await entryOf(name).load();
  return Object.entries((verb.args ?? {}) as ArgsDef).map(([flag, def]) => ({ name: flag, def }));
}

export async function usageLine(name: VerbName): Promise<string> {
  const flags = (await flagsOf(name)).length > 0 ? " [flags]" : "";
  const operands = entryOf(name).operands;
  return `scenariolog ${name}${flags}${operands ? ` ${operands}` : ""}`;
}

/** `--output format`, `--stdin null|inherit`, `--literal`. */
export function signature({ name, def }: Flag): string {
  if (def.type === "boolean") return `--${name}`;
  return `--${name} ${"options" in def && def.options ? def.options.join("|") : (def.valueHint ?? "value")}`;
}

export function description({ def }: Flag): string {
  const shownDefault =
    def.default === undefined || def.default === false || def.default === "" ? "" : ` (default ${def.default})`;
  return `${def.description ?? ""}${shownDefault}`;
}

/** An indented block, which Markdown leaves as it is. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `    ${left.padEnd(width)}  ${right}`.trimEnd()).join("\n");
}
