interface Topic {
  readonly summary: string;
  readonly load: () => Promise<{ default: string }>;
}

/** Pages of Markdown inside the program, in the order of the help. Loaded when shown. */
export const topics = {
  start: {
    summary: "Five minutes: record a suite, and ask what happened",
    load: () => import("./topics/start.md", { with: { type: "text" } }),
  },
  "how-to-use-scenariolog-local": {
    summary: "Record your own suite in five minutes",
    load: () => import("./topics/how-to-use-scenariolog-local.md", { with: { type: "text" } }),
  },
  harness: {
    summary: "Wrap the steps of a bash harness: run start, exec, run end",
    load: () => import("./topics/harness.md", { with: { type: "text" } }),
  },
  output: {
    summary: "Formats, and what a terminal, a CI job, a pipe and a file get of them",
    load: () => import("./topics/output.md", { with: { type: "text" } }),
  },
  "search-syntax": {
    summary: "Words, phrases, AND, OR, NOT, prefixes, and ordinary text",
    load: () => import("./topics/search-syntax.md", { with: { type: "text" } }),
  },
  "exit-codes": {
    summary: "What each exit code means",
    load: () => import("./topics/exit-codes.md", { with: { type: "text" } }),
  },
  schema: {
    summary: "The tables of the database, with queries",
    load: () => import("./topics/schema.md", { with: { type: "text" } }),
  },
} as const satisfies Record<string, Topic>;

export type TopicName = keyof typeof topics;

export function isTopic(name: string): name is TopicName {
  return Object.hasOwn(topics, name);
}

/** The page as it was written. */
export async function topicText(name: TopicName): Promise<string> {
  return (await topics[name].load()).default;
}
