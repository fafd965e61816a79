import type { Entry } from "./verb.ts";

/**
 * Every verb, in the order of the help. Loaded when called: a step pays for what `exec` needs and nothing else.
 */
export const verbs = {
  init: {
    summary: "Create a database, or bring one up to date",
    load: async () => (await import("./verbs/init.ts")).default,
  },
  "run start": {
    summary: "Start a run; prints its id",
    load: async () => (await import("./verbs/run-start.ts")).default,
  },
  "run end": { summary: "End a run", load: async () => (await import("./verbs/run-end.ts")).default },
  exec: {
    summary: "Run one step and keep what it prints",
    load: async () => (await import("./verbs/exec.ts")).default,
    operands: "-- COMMAND [ARG…]",
  },
  cmd: {
    summary: "Inside a step: run one command, and keep what it prints by itself as well",
    load: async () => (await import("./verbs/cmd.ts")).default,
    operands: "-- COMMAND [ARG…]",
  },
  "tag set": {
    summary: "Inside a step: set a tag of it",
    load: async () => (await import("./verbs/tag-set.ts")).default,
    operands: "KEY VALUE",
  },
  "artifact add": {
    summary: "Inside a step: keep files with it",
    load: async () => (await import("./verbs/artifact-add.ts")).default,
    operands: "FILE…",
  },
  note: {
    summary: "Inside a step: keep a remark with it",
    load: async () => (await import("./verbs/note.ts")).default,
    operands: "TEXT…",
  },
  skip: {
    summary: "Inside a step: skip it, and say why",
    load: async () => (await import("./verbs/skip.ts")).default,
    operands: "REASON…",
  },
  notes: { summary: "What was noted", load: async () => (await import("./verbs/notes.ts")).default },
  artifacts: {
    summary: "The files that are kept with a run",
    load: async () => (await import("./verbs/artifacts.ts")).default,
  },
  record: {
    summary: "Run a suite: scripts as the steps of one run, or a harness of yours",
    load: async () => (await import("./verbs/record.ts")).default,
    operands: "STEP… [-- ARG…], or: -- HARNESS [ARG…]",
  },
  why: {
    summary: "Why a run or step did not pass, on one screen",
    load: async () => (await import("./verbs/why.ts")).default,
    operands: "[RUN] [STEP]",
  },
  show: {
    summary: "A run whole, as one JSON document for programs",
    load: async () => (await import("./verbs/show.ts")).default,
    operands: "[RUN]",
  },
  runs: { summary: "The newest runs, one a line", load: async () => (await import("./verbs/runs.ts")).default },
  steps: {
    summary: "Every step of a run: status, attempts, time, bytes, memory",
    load: async () => (await import("./verbs/steps.ts")).default,
    operands: "[RUN]",
  },
  summary: { summary: "One row about a run", load: async () => (await import("./verbs/summary.ts")).default },
  failures: { summary: "The steps that did not pass", load: async () => (await import("./verbs/failures.ts")).default },
  timings: { summary: "The slowest steps", load: async () => (await import("./verbs/timings.ts")).default },
  history: {
    summary: "Every step over the last runs: outcomes, flips, usual time, since when it fails",
    load: async () => (await import("./verbs/history.ts")).default,
    operands: "[STEP]",
  },
  flaky: { summary: "The steps that fail at random", load: async () => (await import("./verbs/flaky.ts")).default },
  search: { summary: "Find lines that steps printed", load: async () => (await import("./verbs/search.ts")).default },
  log: {
    summary: "What a step printed, both streams as they came",
    load: async () => (await import("./verbs/log.ts")).default,
    operands: "STEP",
  },
  verify: {
    summary: "Check a run's files against what was recorded",
    load: async () => (await import("./verbs/verify.ts")).default,
  },
  "index fts": {
    summary: "Index the logs of a run that are not indexed yet",
    load: async () => (await import("./verbs/index-fts.ts")).default,
  },
  du: { summary: "What takes the space, by suite and kind", load: async () => (await import("./verbs/du.ts")).default },
  prune: {
    summary: "Delete old runs: rows, index lines and log files",
    load: async () => (await import("./verbs/prune.ts")).default,
  },
  capabilities: {
    summary: "What this program, and a database, can do",
    load: async () => (await import("./verbs/capabilities.ts")).default,
  },
  help: {
    summary: "Help on a verb or a topic",
    load: async () => (await import("./verbs/help.ts")).default,
    operands: "[VERB or TOPIC]",
  },
  completion: {
    summary: "A completion script for bash, zsh or fish",
    load: async () => (await import("./verbs/completion.ts")).default,
    operands: "bash|zsh|fish",
  },
} as const satisfies Record<string, Entry>;

export type VerbName = keyof typeof verbs;

export function entryOf(name: VerbName): Entry {
  return verbs[name];
}
