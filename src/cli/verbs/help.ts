import { usageError } from "../../errors.ts";
import { nearest } from "../../model/nearest.ts";
import { nameElsewhere } from "../argv/suggest.ts";
import { print } from "../help/page.ts";
import { isTopic, topics, topicText } from "../help/topics.ts";
import { overview, usageOf } from "../help/usage.ts";
import { defineVerb } from "../verb.ts";
import { type VerbName, verbs } from "../verbs.ts";

export default defineVerb({
  flags: {},
  async run(_flags, { positionals }) {
    await print(await pageOf(positionals.join(" ")));
  },
});

async function pageOf(name: string): Promise<string> {
  if (name === "") return overview();
  if (Object.hasOwn(verbs, name)) return usageOf(name as VerbName);
  if (isTopic(name)) return topicText(name);
  const group = (Object.keys(verbs) as VerbName[]).filter((verb) => verb.startsWith(`${name} `));
  if (group.length > 0) return (await Promise.all(group.map(usageOf))).join("\n");
  const meant = nearest(name, [...Object.keys(verbs), ...Object.keys(topics)]) ?? nameElsewhere(name);
  throw usageError(
    `no help on ${JSON.stringify(name)}`,
    `${meant === undefined ? "" : `did you mean ${meant}? `}topics: ${Object.keys(topics).join(", ")}; verbs: scenariolog help`,
  );
}
