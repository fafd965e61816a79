import { defineCommand } from "citty";
import { exitCode, ScenariologError, usageError } from "../../errors.ts";
import { indexRun, runsToIndex } from "../../recorder/index/index-run.ts";
import { takeInWaiting } from "../../recorder/pending/waiting.ts";
import { openForWriting } from "../../store/open.ts";
import { notingAllowance } from "../argv/allowance.ts";
import { required } from "../argv/context.ts";
import { allowanceArgs, dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { redactArg, redactionOf } from "../argv/trace-flags.ts";
import { writeOut } from "../output/streams.ts";

export default defineCommand({
  args: {
    ...dbArg,
    "run-id": { type: "string", valueHint: "run", description: "The run (or SCENARIOLOG_RUN_ID)" },
    "all-runs": { type: "boolean", default: false, description: "Every run" },
    rebuild: {
      type: "boolean",
      default: false,
      description: "Also bring lines up to date that an older version, or the Go build, has indexed",
    },
    ...allowanceArgs,
    ...redactArg,
  },
  async run({ args, data }) {
    noOperands("index fts", data);
    const db = required("index fts", args, "db");
    if (args["all-runs"] && args["run-id"] !== undefined) {
      throw usageError("--all-runs and --run-id exclude each other", "leave out one of them");
    }
    const runId = args["all-runs"] ? null : required("index fts", args, "run-id");
    const store = openForWriting(db, { create: false });
    try {
      if (!store.fts) throw new ScenariologError("NO_FTS5", `FTS5 is not available; nothing of ${db} was indexed`);
      const allowance = notingAllowance(args);
      const total = { lines: 0, artifacts: 0, rebuilt: 0, failures: 0 };
      for (const id of runsToIndex(store, runId)) {
        const taken = await takeInWaiting(store, id);
        for (const text of await taken.index()) (await import("../output/console.ts")).warn(text);
        const done = await indexRun(store, id, {
          allowance,
          redactor: redactionOf(args, data.flags.redact as string[] | undefined).redactor,
          rebuild: args.rebuild,
        });
        total.lines += done.lines;
        total.artifacts += done.artifacts;
        total.rebuilt += done.rebuilt;
        total.failures += done.failures.length;
        for (const { path, reason } of done.failures)
          (await import("../output/console.ts")).warn(`${path} ${reason}; its lines are not indexed`);
        for (const { path, reason } of done.withoutFile)
          (await import("../output/console.ts")).note(
            `${path} ${reason}; its lines stay, brought up to date without it`,
          );
      }
      writeOut(`${count(total.lines, "line")} added from ${count(total.artifacts, "artifact")}\n`);
      if (args.rebuild) writeOut(`${count(total.rebuilt, "line")} brought up to date\n`);
      return total.failures > 0 ? exitCode.failure : exitCode.ok;
    } finally {
      store.close();
    }
  },
});

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
