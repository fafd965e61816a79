import type { Entry } from "./verb.ts";

/**
 * Every verb, in the order of the help, which shows it under the heading of its group. A verb is loaded when it is called,
 * so that a step pays for what `exec` needs and nothing else. The examples are run by a test.
 */
export const verbs = {
  record: {
    group: "record",
    summary: "Run a suite: scripts as the steps of one run, or your own harness",
    load: async () => (await import("./verbs/record.ts")).default,
    operands: "STEP… [-- ARG…], or: -- HARNESS [ARG…]",
    example: "record checks/",
  },
  "run start": {
    group: "record",
    summary: "Start a run of a harness, and print its id",
    load: async () => (await import("./verbs/run-start.ts")).default,
    example: "run start --db runs.db --root-dir . --suite nightly",
  },
  exec: {
    group: "record",
    summary: "Run one step of a harness, and keep what it prints",
    load: async () => (await import("./verbs/exec.ts")).default,
    operands: "-- COMMAND [ARG…]",
    example: 'exec --db runs.db --run-id "$RUN_ID" --root-dir . --log-dir .logs --name build --step-num 1 -- make',
  },
  "run end": {
    group: "record",
    summary: "End a run of a harness",
    load: async () => (await import("./verbs/run-end.ts")).default,
    example: 'run end --db runs.db --run-id "$RUN_ID" --exit-code 0',
  },
  why: {
    group: "ask",
    summary: "Explain why a run or step did not pass, on one screen",
    load: async () => (await import("./verbs/why.ts")).default,
    operands: "[RUN] [STEP]",
    example: "why",
  },
  runs: {
    group: "ask",
    summary: "The newest runs, one a line",
    load: async () => (await import("./verbs/runs.ts")).default,
    example: "runs --status failed --since 7d",
  },
  steps: {
    group: "ask",
    summary: "Every step of a run: status, attempts, time, bytes, memory",
    load: async () => (await import("./verbs/steps.ts")).default,
    operands: "[RUN]",
    example: "steps latest~1",
  },
  summary: {
    group: "ask",
    summary: "One run in figures",
    load: async () => (await import("./verbs/summary.ts")).default,
    operands: "[RUN]",
    example: "summary latest-failed",
  },
  failures: {
    group: "ask",
    summary: "The steps that did not pass",
    load: async () => (await import("./verbs/failures.ts")).default,
    operands: "[RUN]",
    example: "failures -o json",
  },
  timings: {
    group: "ask",
    summary: "The slowest steps",
    load: async () => (await import("./verbs/timings.ts")).default,
    operands: "[RUN]",
    example: "timings -n 3",
  },
  history: {
    group: "ask",
    summary: "Every step over the last runs: outcomes, flips, usual time, since when it fails",
    load: async () => (await import("./verbs/history.ts")).default,
    operands: "[STEP]",
    example: "history --last 10",
  },
  flaky: {
    group: "ask",
    summary: "The steps that fail at random",
    load: async () => (await import("./verbs/flaky.ts")).default,
    example: "flaky --since 14d",
  },
  search: {
    group: "ask",
    summary: "Find lines that steps printed",
    load: async () => (await import("./verbs/search.ts")).default,
    operands: "[WORD…]",
    example: "search connection refused -C 2",
  },
  log: {
    group: "ask",
    summary: "What a step printed, both streams in order",
    load: async () => (await import("./verbs/log.ts")).default,
    operands: "STEP",
    example: "log 1 --tail 20",
  },
  tags: {
    group: "ask",
    summary: "The tags of a run and of its steps",
    load: async () => (await import("./verbs/tags.ts")).default,
    operands: "[RUN]",
    example: "tags latest",
  },
  notes: {
    group: "ask",
    summary: "The remarks that steps left",
    load: async () => (await import("./verbs/notes.ts")).default,
    operands: "[RUN]",
    example: "notes latest",
  },
  artifacts: {
    group: "ask",
    summary: "The files that are kept with a run",
    load: async () => (await import("./verbs/artifacts.ts")).default,
    operands: "[RUN]",
    example: "artifacts latest --kind stderr",
  },
  show: {
    group: "ask",
    summary: "A whole run, as one JSON document for programs",
    load: async () => (await import("./verbs/show.ts")).default,
    operands: "[RUN]",
    example: "show latest",
  },
  cmd: {
    group: "inside",
    summary: "Run one command of the step, and also keep its output on its own",
    load: async () => (await import("./verbs/cmd.ts")).default,
    operands: "-- COMMAND [ARG…]",
    example: "cmd --name compile -- make -j4",
  },
  note: {
    group: "inside",
    summary: "Keep a remark with the step",
    load: async () => (await import("./verbs/note.ts")).default,
    operands: "TEXT…",
    example: 'note "the server answered after 3 tries"',
  },
  "tag set": {
    group: "inside",
    summary: "Set a tag of the step",
    load: async () => (await import("./verbs/tag-set.ts")).default,
    operands: "KEY VALUE",
    example: "tag set browser firefox",
  },
  "artifact add": {
    group: "inside",
    summary: "Keep files with the step",
    load: async () => (await import("./verbs/artifact-add.ts")).default,
    operands: "FILE…",
    example: "artifact add --kind report report.xml",
  },
  skip: {
    group: "inside",
    summary: "Skip the step, and say why",
    load: async () => (await import("./verbs/skip.ts")).default,
    operands: "REASON…",
    example: 'skip "no network here"',
  },
  verify: {
    group: "keep",
    summary: "Check a run's files against what was recorded",
    load: async () => (await import("./verbs/verify.ts")).default,
    operands: "[RUN]",
    example: "verify latest",
  },
  "index fts": {
    group: "keep",
    summary: "Index the logs of a run that are not indexed yet",
    load: async () => (await import("./verbs/index-fts.ts")).default,
    operands: "[RUN]",
    example: "index fts latest",
  },
  du: {
    group: "keep",
    summary: "What takes the space, by suite and kind",
    load: async () => (await import("./verbs/du.ts")).default,
    example: "du",
  },
  prune: {
    group: "keep",
    summary: "Delete old runs: rows, index lines and log files",
    load: async () => (await import("./verbs/prune.ts")).default,
    example: "prune --keep 20 --dry-run",
  },
  init: {
    group: "keep",
    summary: "Create a database, or bring one up to date",
    load: async () => (await import("./verbs/init.ts")).default,
    example: "init --db runs.db",
  },
  capabilities: {
    group: "keep",
    summary: "What this program, and a database, can do",
    load: async () => (await import("./verbs/capabilities.ts")).default,
    example: "capabilities -o json",
  },
  completion: {
    group: "keep",
    summary: "A completion script for bash, zsh or fish",
    load: async () => (await import("./verbs/completion.ts")).default,
    operands: "bash|zsh|fish",
    example: "completion bash",
  },
  help: {
    group: "keep",
    summary: "Help on a verb or a topic",
    load: async () => (await import("./verbs/help.ts")).default,
    operands: "[VERB or TOPIC]",
    example: "help start",
  },
} as const satisfies Record<string, Entry>;

export type VerbName = keyof typeof verbs;

export function entryOf(name: VerbName): Entry {
  return verbs[name];
}
