import type { FlagDefs } from "./flag.ts";

/** Flags that every verb has besides its own and --help: how a person is shown an answer. */
export const screenArgs = {
  color: { type: "enum", options: ["auto", "always", "never"], default: "auto", description: "Whether to use colours" },
  "no-pager": {
    type: "boolean",
    default: false,
    description: "Do not use a pager for an answer that is longer than the screen",
  },
} as const satisfies FlagDefs;
