import type { Allowance } from "../../files/gate.ts";
import type { FlagDefs } from "./flag.ts";

/** Words that mean a run; see findRun. */
export const runWords = ["latest", "latest-failed", "latest-passed", "latest~1"] as const;

/** Flags that several verbs share, each defined once. */
export const dbArg = {
  db: { type: "string", valueHint: "file", description: "The database (or SCENARIOLOG_DB)" },
} as const satisfies FlagDefs;

/** For verbs that look for the database themselves; see find-database.ts. */
export const foundDbArg = {
  db: {
    type: "string",
    valueHint: "file",
    description: "The database (default: SCENARIOLOG_DB, else the nearest .scenario-run.db here or above)",
  },
} as const satisfies FlagDefs;

export const rootDirArg = {
  "root-dir": {
    type: "string",
    valueHint: "dir",
    description: "Paths are kept relative to it (or SCENARIOLOG_ROOT_DIR)",
  },
} as const satisfies FlagDefs;

export const kvArg = {
  kv: {
    type: "string",
    repeatable: true,
    valueHint: "key:value",
    description: "A tag; several with commas, repeatable, or @file.json, @file.yaml",
  },
} as const satisfies FlagDefs;

export const provenanceArg = {
  "no-provenance": {
    type: "boolean",
    default: false,
    description: "No tags on host, CI and git commit (or SCENARIOLOG_NO_PROVENANCE=1)",
  },
} as const satisfies FlagDefs;

export const runArg = {
  "run-id": {
    type: "string",
    valueHint: "run",
    offers: runWords,
    description:
      "An id, its beginning or end, latest, latest-failed, latest-passed, latest~N (default: SCENARIOLOG_RUN_ID, else latest)",
  },
} as const satisfies FlagDefs;

/** For verbs that write into a run: there it is always said which, so that no slip writes into another run. */
export const recordingRunArg = {
  "run-id": {
    type: "string",
    offers: runWords,
    valueHint: "run",
    description: "The run (or SCENARIOLOG_RUN_ID)",
  },
} as const satisfies FlagDefs;

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
} as const satisfies FlagDefs;

export function allowanceOf(args: Readonly<Record<string, unknown>>): Allowance {
  const rootDir = args["root-dir"];
  return { allowOutside: args["allow-outside"] === true, rootDir: typeof rootDir === "string" ? rootDir : undefined };
}
