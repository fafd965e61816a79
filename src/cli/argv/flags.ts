import type { ArgsDef } from "citty";
import type { Allowance } from "../../files/gate.ts";

/** Flags that several verbs share, each defined once. */
export const dbArg = {
  db: { type: "string", valueHint: "file", description: "The database (or SCENARIOLOG_DB)" },
} as const satisfies ArgsDef;

export const rootDirArg = {
  "root-dir": {
    type: "string",
    valueHint: "dir",
    description: "Paths are kept relative to it (or SCENARIOLOG_ROOT_DIR)",
  },
} as const satisfies ArgsDef;

export const kvArg = {
  kv: {
    type: "string",
    valueHint: "key:value",
    description: "A tag; several with commas, repeatable, or @file.json, @file.yaml",
  },
} as const satisfies ArgsDef;

export const provenanceArg = {
  "no-provenance": {
    type: "boolean",
    default: false,
    description: "No tags on host, CI and git commit (or SCENARIOLOG_NO_PROVENANCE=1)",
  },
} as const satisfies ArgsDef;

export const runArg = {
  "run-id": {
    type: "string",
    valueHint: "run",
    description: "An id, its beginning or end, latest (default) or latest-failed",
  },
} as const satisfies ArgsDef;

/** For verbs that read the files which a database names: see files/gate.ts. */
export const allowanceArgs = {
  "root-dir": {
    type: "string",
    valueHint: "dir",
    description: "Where the run's root is: its files are looked for, and may be read, there",
  },
  "allow-outside": {
    type: "boolean",
    default: false,
    description: "Read files that the database names outside the run's root and log directories",
  },
} as const satisfies ArgsDef;

export function allowanceOf(args: Readonly<Record<string, unknown>>): Allowance {
  const rootDir = args["root-dir"];
  return { allowOutside: args["allow-outside"] === true, rootDir: typeof rootDir === "string" ? rootDir : undefined };
}
