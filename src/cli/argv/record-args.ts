import { SHOW } from "../live/show.ts";
import { DATABASE_NAME } from "./find-database.ts";
import type { FlagDefs } from "./flag.ts";
import { dbArg, kvArg, provenanceArg, rootDirArg } from "./flags.ts";
import { stepArgs } from "./step-flags.ts";
import { traceArgs } from "./trace-flags.ts";

export const CAPTURE = ["auto", "always", "never"] as const;

export const recordArgs = {
  db: {
    ...dbArg.db,
    description: `The database (or SCENARIOLOG_DB; default: the nearest ${DATABASE_NAME} here or above, else a new one here)`,
  },
  "root-dir": { ...rootDirArg["root-dir"], description: `${rootDirArg["root-dir"].description}; default: here` },
  "log-dir": {
    type: "string",
    valueHint: "dir",
    description: "Where log files go (default: .logs/<run id> beside the database)",
  },
  suite: { type: "string", valueHint: "name", description: "The suite's name (default: that of the root directory)" },
  "run-id": { type: "string", valueHint: "id", description: "The run's id; generated if absent or empty" },
  ...kvArg,
  ...provenanceArg,
  "keep-going": { type: "boolean", alias: "k", default: false, description: "Run the steps after one that fails, too" },
  failed: {
    type: "boolean",
    default: false,
    description: "Run what failed, was interrupted or was not run last time, with the flags and operands of that run",
  },
  "from-failed": {
    type: "boolean",
    default: false,
    description: "The same from the first such step on, for steps that build on one another",
  },
  from: { type: "string", valueHint: "step", description: "Begin with this step" },
  only: {
    type: "string",
    repeatable: true,
    valueHint: "pattern",
    description: "Run these steps only: number, name or glob; repeatable",
  },
  skip: { type: "string", repeatable: true, valueHint: "pattern", description: "Leave these steps out; repeatable" },
  deadline: {
    type: "string",
    default: "0",
    valueHint: "duration",
    description: "End the run after this; 0 is never",
  },
  jobs: {
    type: "string",
    default: "1",
    valueHint: "n",
    description: "How many neighbouring steps run at once if each has the line: # scenariolog: independent",
  },
  "dry-run": { type: "boolean", default: false, description: "Print the steps, and do nothing" },
  show: {
    type: "enum",
    options: [...SHOW],
    default: "failed",
    description: "What of a step's output the console gets as well",
  },
  capture: {
    type: "enum",
    options: [...CAPTURE],
    default: "auto",
    description:
      "Of a harness after --: keep the output that does not go to a terminal, and pass it on byte for byte (auto); all; none",
  },
  heartbeat: {
    type: "string",
    default: "60s",
    valueHint: "duration",
    description: "If lines are not redrawn: how long a step may be silent until a line says so; 0 is for ever",
  },
  ...stepArgs,
  ...traceArgs,
} as const satisfies FlagDefs;
