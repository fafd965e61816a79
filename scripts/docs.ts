/**
 * `bun scripts/docs.ts`: writes the reference of verbs and flags into README.md, between its markers. `--check`: writes
 * nothing and fails when it is out of date. Another file than README.md may be named.
 */

import { join, relative } from "node:path";
import { outputArgs } from "../src/cli/argv/output-flags.ts";
import { type TopicName, topics } from "../src/cli/help/topics.ts";
import { description, type Flag, flagsOf, signature, usageLine } from "../src/cli/help/usage.ts";
import { entryOf, type VerbName, verbs } from "../src/cli/verbs.ts";
import { root, runScript, ScriptError } from "./build/project.ts";

const BEGIN = "<!-- reference: written by scripts/docs.ts, do not edit -->\n";
const END = "<!-- /reference -->";

const outputFlags = Object.entries(outputArgs).map(([name, def]): Flag => ({ name, def }));

await runScript("docs", async () => {
  const words = process.argv.slice(2);
  const check = words.includes("--check");
  const file = words.find((word) => !word.startsWith("-")) ?? join(root, "README.md");
  const text = await Bun.file(file).text();
  const fresh = withReference(text, await reference());
  if (fresh === text) return 0;
  if (check) throw new ScriptError(`the reference in ${relative("", file)} is out of date: run bun scripts/docs.ts`);
  await Bun.write(file, fresh);
  return 0;
});

function withReference(text: string, reference: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new ScriptError(`there is no ${BEGIN.trim()} … ${END}`);
  return `${text.slice(0, begin) + BEGIN}\n${reference}\n${text.slice(end)}`;
}

async function reference(): Promise<string> {
  const sections = await Promise.all((Object.keys(verbs) as VerbName[]).map(sectionOf));
  const topicLines = (Object.keys(topics) as TopicName[]).map((name) => `- \`${name}\`: ${topics[name].summary}`);
  return [
    `Every verb has \`--help\`. A flag's value is the next word or follows \`=\`. Of a flag given twice the last counts;
\`--kv\`, \`--rename\`, \`--only\` and \`--skip\` add up. A missing flag that is needed is an error that names it.`,
    ...sections,
    `### Output flags\n\nOf every report, in every format.\n\n${table(outputFlags)}`,
    `### Topics\n\nPages of \`scenariolog help TOPIC\`.\n\n${topicLines.join("\n")}`,
    "",
  ].join("\n\n");
}

async function sectionOf(name: VerbName): Promise<string> {
  const flags = await flagsOf(name);
  const own = flags.filter((flag) => !Object.hasOwn(outputArgs, flag.name));
  const parts = [`### ${name}`, `${entryOf(name).summary}: \`${await usageLine(name)}\``];
  if (own.length > 0) parts.push(table(own));
  if (own.length < flags.length) parts.push("And the [output flags](#output-flags).");
  return parts.join("\n\n");
}

function table(flags: readonly Flag[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = flags.map((flag) => `| \`${cell(signature(flag))}\` | ${cell(description(flag))} |`);
  return `| flag | |\n|---|---|\n${rows.join("\n")}`;
}
