import { exitCode, usageError } from "../../errors.ts";
import { terminalHits } from "../../render/terminal/hits.ts";
import { type Hits, hits } from "../../report/hits.ts";
import { integer, type Values } from "../argv/flag.ts";
import { runArg } from "../argv/flags.ts";
import { runOperand } from "../argv/operands.ts";
import { reportVerb } from "../report-verb.ts";
import type { Invocation } from "../verb.ts";

const flags = {
  ...runArg,
  query: {
    type: "string",
    valueHint: "text",
    description: "The same as WORD…: words, or an FTS5 expression; see: help search-syntax",
  },
  context: {
    type: "string",
    alias: "C",
    default: "0",
    parse: integer(0),
    valueHint: "n",
    description: "Also show so many lines before and after each hit; adds a context column",
  },
  limit: {
    type: "string",
    alias: "n",
    default: "100",
    parse: integer(),
    valueHint: "n",
    description: "The number of hits at most; 0 is none, negative is all",
  },
  "all-runs": { type: "boolean", default: false, description: "Search every run; adds a run_id column" },
  step: { type: "string", parse: integer(0), valueHint: "n", description: "Only the step of this number" },
  kind: {
    type: "string",
    offers: ["stdout", "stderr"],
    valueHint: "kind",
    description: "Only artifacts of this kind: stdout, stderr",
  },
  contains: {
    type: "string",
    valueHint: "text",
    description: "Instead of a query: this text, in words and across them, in any script",
  },
  literal: { type: "boolean", default: false, description: "Take the query as a phrase, whatever it looks like" },
  quiet: {
    type: "boolean",
    alias: "q",
    default: false,
    description: "Print no hit; exit with 1 if there is none, as --exit-code does",
  },
  "exit-code": { type: "boolean", default: false, description: "Exit with 1 if there is no hit" },
} as const;

/** The words are the arguments, so the run is named by --run-id only. */
export default reportVerb({
  name: "search",
  flags,
  run(given, call) {
    queryOf(given, call);
    if (!given["all-runs"]) return runOperand("search", given["run-id"], { ...call, positionals: [], rest: undefined });
    if (given["run-id"] === undefined) return null;
    throw usageError("--all-runs and --run-id exclude each other", "leave out one of them");
  },
  report: (store, run, given, call) =>
    hits(store, {
      selector: run,
      query: queryOf(given, call),
      contains: given.contains !== undefined,
      literal: given.literal,
      limit: given.limit,
      context: given.context,
      ...(given.step === undefined ? {} : { stepNum: given.step }),
      ...(given.kind === undefined ? {} : { kind: given.kind }),
    }),
  isSilent: ({ quiet }) => quiet,
  empty: (_rows, given, call) => `no line has ${JSON.stringify(queryOf(given, call))}`,
  page: (rows, options, given, call) => terminalHits(rows, queryOf(given, call), options),
  async end(rows, given, call) {
    const notes = notesOn(rows, queryOf(given, call));
    if (notes.length > 0) {
      const { note } = await import("../output/console.ts");
      for (const text of notes) note(text);
    }
    return (given["exit-code"] || given.quiet) && rows.rows.length === 0 ? exitCode.failure : exitCode.ok;
  },
});

/** Throws USAGE if there is no query, or two. */
function queryOf({ query, contains, literal }: Values<typeof flags>, { positionals, rest }: Invocation): string {
  const words = [...positionals, ...(rest ?? [])];
  if (contains !== undefined) {
    const other = literal ? "--literal" : query !== undefined ? "--query" : words.length > 0 ? "WORD" : null;
    if (other === null) return contains;
    throw usageError(`--contains and ${other} exclude each other`, "--contains takes the text itself");
  }
  if (query !== undefined && words.length > 0) {
    throw usageError(`search takes one query: ${JSON.stringify(words.join(" "))} or --query`);
  }
  if (query === undefined && words.length === 0) throw usageError("search needs a WORD to look for, or --query");
  return query ?? words.join(" ");
}

function notesOn({ asPhrase, unindexed }: Hits, query: string): string[] {
  return [
    ...(asPhrase ? [`--query ${JSON.stringify(query)} is no FTS5 expression; searched as a phrase`] : []),
    ...(unindexed > 0
      ? [
          `${unindexed === 1 ? "1 log is" : `${unindexed} logs are`} not wholly indexed; see: scenariolog index fts --help`,
        ]
      : []),
  ];
}
