import { defineCommand } from "citty";
import { usageError } from "../../errors.ts";
import { type Hits, hits } from "../../report/hits.ts";
import { inheritedRunId, required, requiredFlag } from "../argv/context.ts";
import { dbArg, runArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { integerOf } from "../argv/parse.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: {
    ...dbArg,
    ...runArg,
    query: { type: "string", valueHint: "text", description: "Words, or an FTS5 expression; see: help search-syntax" },
    limit: { type: "string", default: "100", valueHint: "n", description: "Lines at most; 0 is none, negative is all" },
    "all-runs": { type: "boolean", default: false, description: "Search every run; adds a run_id column" },
    step: { type: "string", valueHint: "n", description: "Only the step of this number" },
    kind: { type: "string", valueHint: "kind", description: "Only artifacts of this kind: stdout, stderr" },
    contains: {
      type: "string",
      valueHint: "text",
      description: "Instead of a query: this text, in words and across them, in any script",
    },
    literal: { type: "boolean", default: false, description: "Take the query as a phrase, whatever it looks like" },
    ...outputArgs,
  },
  async run({ args, data }) {
    noOperands("search", data);
    const db = required("search", args, "db");
    if (args["all-runs"] && args["run-id"] !== undefined) {
      throw usageError("--all-runs and --run-id exclude each other", "leave out one of them");
    }
    if (args.contains !== undefined && (args.query !== undefined || args.literal)) {
      throw usageError(
        `--contains and --${args.literal ? "literal" : "query"} exclude each other`,
        "--contains takes the text itself",
      );
    }
    const spec = {
      selector: args["all-runs"] ? null : (args["run-id"] ?? inheritedRunId(args)) || "latest",
      query: args.contains ?? requiredFlag("search", args, "query"),
      contains: args.contains !== undefined,
      literal: args.literal,
      limit: integerOf("limit", args.limit),
      ...(args.step === undefined ? {} : { stepNum: integerOf("step", args.step, 0) }),
      ...(args.kind === undefined ? {} : { kind: args.kind }),
    };
    let notes: string[] = [];
    await printReport(db, data.flags, (store) => {
      const found = hits(store, spec);
      notes = notesOn(found, spec.query);
      return found;
    });
    if (notes.length === 0) return;
    const { note } = await import("../output/console.ts");
    for (const text of notes) note(text);
  },
});

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
