import type { ArgDef, ArgsDef } from "citty";
import { entryOf, type VerbName, verbs } from "./verb.ts";
import { VERSION } from "./version.ts";

/** The page of `scenariolog --help`. */
export function overview(): string {
  const names = Object.keys(verbs) as VerbName[];
  return `scenariolog ${VERSION}: the flight recorder for scenario-style test suites

Usage:
  scenariolog VERB [flags]

Verbs:
${columns(names.map((name) => [name, entryOf(name).summary]))}

Flags:
${columns([
  ["-h, --help", "This page; behind a verb, that verb's"],
  ["--version", "Print the version"],
])}

Topics: scenariolog help harness | how-to-use-scenariolog-local | search-syntax | exit-codes | schema
`;
}

/** The page of `scenariolog VERB --help`. */
export async function usageOf(name: VerbName): Promise<string> {
  const { summary, operands, load } = entryOf(name);
  const { default: verb } = await load();
  const args = Object.entries((verb.args ?? {}) as ArgsDef);
  const flags: [string, string][] = [...args.map(describe), ["-h, --help", "This page"]];
  return `${summary}

Usage:
  scenariolog ${name}${args.length > 0 ? " [flags]" : ""}${operands ? ` ${operands}` : ""}

Flags:
${columns(flags)}
`;
}

function describe([name, def]: [string, ArgDef]): [string, string] {
  const value =
    def.type === "boolean"
      ? ""
      : ` ${"options" in def && def.options ? def.options.join("|") : (def.valueHint ?? "value")}`;
  const shownDefault = def.default === undefined || def.default === false ? "" : ` (default ${def.default})`;
  return [`--${name}${value}`, `${def.description ?? ""}${shownDefault}`];
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join("\n");
}
