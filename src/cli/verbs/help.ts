import { defineCommand } from "citty";
import { usageError } from "../../errors.ts";
import { shown } from "../help/page.ts";
import { isTopic, topics, topicText } from "../help/topics.ts";
import { overview, usageOf } from "../help/usage.ts";
import { writeExact } from "../output/streams.ts";
import { type VerbName, verbs } from "../verbs.ts";

export default defineCommand({
  async run({ data }) {
    const name = data.positionals.join(" ");
    writeExact(await pageOf(name));
  },
});

async function pageOf(name: string): Promise<string> {
  if (name === "") return overview();
  if (Object.hasOwn(verbs, name)) return usageOf(name as VerbName);
  if (isTopic(name)) return shown(await topicText(name));
  const group = (Object.keys(verbs) as VerbName[]).filter((verb) => verb.startsWith(`${name} `));
  if (group.length > 0) return (await Promise.all(group.map(usageOf))).join("\n");
  throw usageError(
    `no help on ${JSON.stringify(name)}`,
    `topics: ${Object.keys(topics).join(", ")}; verbs: scenariolog help`,
  );
}
