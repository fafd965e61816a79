/**
 * `bun scripts/docs.ts [FILE…]`: rewrites the generated parts of the documents, between their markers. A part is the
 * reference of verbs and flags (docs/reference.md) or the table of floors (docs/architecture.md). `--check`: writes
 * nothing, and fails if a part is out of date.
 */

import { join, relative } from "node:path";
import { outputArgs } from "../src/cli/argv/output-flags.ts";
import { type TopicName, topics } from "../src/cli/help/topics.ts";
import { description, type Flag, flagsOf, signature, usageLine } from "../src/cli/help/usage.ts";
import { entryOf, type VerbName, verbs } from "../src/cli/verbs.ts";
import { root, runScript, ScriptError } from "./build/project.ts";
import { floorTable } from "./house.ts";

const documents = ["docs/reference.md", "docs/architecture.md"];
const parts: Readonly<Record<string, () => string | Promise<string>>> = { reference, floors: floorTable };

const outputFlags = Object.entries(outputArgs).map(([name, def]): Flag => ({ name, def }));

await runScript("docs", async () => {
  const words = process.argv.slice(2);
  const check = words.includes("--check");
  const named = words.filter((word) => !word.startsWith("-"));
  for (const file of named.length > 0 ? named : documents.map((document) => join(root, document))) {
    const text = await Bun.file(file).text();
    const fresh = await withParts(text, file);
    if (fresh === text) continue;
    if (check) throw new ScriptError(`${relative("", file)} is out of date: run bun scripts/docs.ts`);
    await Bun.write(file, fresh);
  }
  return 0;
});

async function withParts(text: string, file: string): Promise<string> {
  let fresh = text;
  let found = 0;
  for (const [name, write] of Object.entries(parts)) {
    const begin = `<!-- ${name}: written by scripts/docs.ts, do not edit -->\n`;
    const start = fresh.indexOf(begin);
    if (start < 0) continue;
    const end = fresh.indexOf(`<!-- /${name} -->`, start);
    if (end < 0) throw new ScriptError(`${relative("", file)} has no <!-- /${name} -->`);
    fresh = `${fresh.slice(0, start) + begin}\n${(await write()).trimEnd()}\n\n${fresh.slice(end)}`;
    found++;
  }
  if (found === 0) throw new ScriptError(`${relative("", file)} has no marker of a generated part`);
  return fresh;
}

async function reference(): Promise<string> {
  const sections = await Promise.all((Object.keys(verbs) as VerbName[]).map(sectionOf));
  const topicLines = (Object.keys(topics) as TopicName[]).map((name) => `- \`${name}\`: ${topics[name].summary}`);
  return [
    ...sections,
    `## Output flags\n\nEvery report takes these flags, and they work with every format.\n\n${table(outputFlags)}`,
    `## Topics\n\n\`scenariolog help TOPIC\` prints one of these pages.\n\n${topicLines.join("\n")}`,
  ].join("\n\n");
}

async function sectionOf(name: VerbName): Promise<string> {
  const flags = await flagsOf(name);
  const own = flags.filter((flag) => !Object.hasOwn(outputArgs, flag.name));
  const paragraphs = [`## ${name}`, `${entryOf(name).summary}: \`${await usageLine(name)}\``];
  if (own.length > 0) paragraphs.push(table(own));
  if (own.length < flags.length) paragraphs.push("It also takes the [output flags](#output-flags).");
  return paragraphs.join("\n\n");
}

function table(flags: readonly Flag[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = flags.map((flag) => `| \`${cell(signature(flag))}\` | ${cell(description(flag))} |`);
  return `| flag | |\n|---|---|\n${rows.join("\n")}`;
}
