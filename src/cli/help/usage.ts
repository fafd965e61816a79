import type { FlagDef, FlagDefs } from "../argv/flag.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { screenArgs } from "../argv/screen-flags.ts";
import { groups } from "../verb.ts";
import { entryOf, type VerbName, verbs } from "../verbs.ts";
import { VERSION } from "../version.ts";
import { topics } from "./topics.ts";

/** The page of `scenariolog --help` and `scenariolog help`, in Markdown. */
export async function overview(): Promise<string> {
  const sections = Object.entries(groups).map(([group, heading]) => {
    const names = (Object.keys(verbs) as VerbName[]).filter((name) => entryOf(name).group === group);
    return `## ${heading}\n\n${columns(names.map((name) => [name, entryOf(name).summary]))}`;
  });
  return `# scenariolog ${VERSION}

The flight recorder for scenario-style test suites: wraps every step, keeps what it printed, answers from one file.

## Usage

    scenariolog VERB [flags]

New here? \`scenariolog help start\` takes five minutes.

${sections.join("\n\n")}

## Flags of every verb

${columns([...everywhere(), ["-V, --version", "Print the version"]])}

## Topics: scenariolog help TOPIC

${columns(Object.entries(topics).map(([name, { summary }]) => [name, summary]))}
`;
}

function everywhere(): [string, string][] {
  return [
    ...Object.entries(screenArgs).map(([name, def]): [string, string] => [
      signature({ name, def }),
      description({ name, def }),
    ]),
    ["-h, --help", "Print this page; after a verb, that verb's page"],
  ];
}

/** The page of `scenariolog VERB --help` and `scenariolog help VERB`, in Markdown. */
export async function usageOf(name: VerbName): Promise<string> {
  const all = await flagsOf(name);
  const row = (flag: Flag): [string, string] => [signature(flag), description(flag)];
  const own = all.filter((flag) => !isOutputFlag(flag)).map(row);
  const output = all.filter(isOutputFlag).map(row);
  return `# scenariolog ${name}

${entryOf(name).summary}

## Usage

    ${await usageLine(name)}

## Example

    scenariolog ${entryOf(name).example}

## Flags

${columns([...own, ...(output.length > 0 ? [] : everywhere())])}
${output.length > 0 ? `\n## Flags of the output\n\n${columns([...output, ...everywhere()])}\n` : ""}`;
}

function isOutputFlag({ name, def }: Flag): boolean {
  return Object.hasOwn(outputArgs, name) && def.description === (outputArgs as FlagDefs)[name]!.description;
}

/** One flag of a verb, as the help and the generated documents show it. */
export interface Flag {
  readonly name: string;
  readonly def: FlagDef;
}

/** In the order of the verb's definition; without --help, which every verb has. */
export async function flagsOf(name: VerbName): Promise<Flag[]> {
  const verb = await entryOf(name).load();
  return Object.entries((verb.args ?? {}) as FlagDefs).map(([flag, def]) => ({ name: flag, def }));
}

export async function usageLine(name: VerbName): Promise<string> {
  const flags = (await flagsOf(name)).length > 0 ? " [flags]" : "";
  const operands = entryOf(name).operands;
  return `scenariolog ${name}${flags}${operands ? ` ${operands}` : ""}`;
}

/** `-o, --output format`, `--stdin null|inherit`, `--literal`. */
export function signature({ name, def }: Flag): string {
  const alias = shortNameOf(def);
  const flag = alias === undefined ? `--${name}` : `-${alias}, --${name}`;
  if (def.type === "boolean") return flag;
  return `${flag} ${"options" in def && def.options ? def.options.join("|") : (def.valueHint ?? "value")}`;
}

/** The one letter that stands for a flag; undefined if it has none. */
export function shortNameOf(def: FlagDef): string | undefined {
  return "alias" in def && typeof def.alias === "string" ? def.alias : undefined;
}

export function description({ def }: Flag): string {
  const shownDefault =
    def.default === undefined || def.default === false || def.default === "" ? "" : ` (default ${def.default})`;
  return `${def.description ?? ""}${shownDefault}`;
}

/** Left column of the block, and the least that the right one gets of a line. */
const LEFT_COLUMNS = 34;
const LINE_COLUMNS = 80;

/** An indented block of lines of at most 80 columns, which Markdown leaves as it is. A long left part has a line of its own. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(LEFT_COLUMNS, Math.max(...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) => {
      const [first = "", ...more] = wrapped(right, LINE_COLUMNS - 6 - width);
      const rest = more.map((line) => `    ${" ".repeat(width)}  ${line}`);
      if (left.length > width) return [`    ${left}`, `    ${" ".repeat(width)}  ${first}`, ...rest].join("\n");
      return [`    ${left.padEnd(width)}  ${first}`.trimEnd(), ...rest].join("\n");
    })
    .join("\n");
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
