import { defineCommand } from "citty";
import { exitCode, ScenariologError } from "../../errors.ts";
import { indexRun } from "../../recorder/index/index-run.ts";
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
    ...allowanceArgs,
    ...redactArg,
  },
  async run({ args, data }) {
    noOperands("index fts", data);
    const db = required("index fts", args, "db");
    const runId = required("index fts", args, "run-id");
    const store = openForWriting(db, { create: false });
    try {
      if (!store.fts) throw new ScenariologError("NO_FTS5", `FTS5 is not available; nothing of ${db} was indexed`);
      const taken = await takeInWaiting(store, runId);
      for (const text of await taken.index()) (await import("../output/console.ts")).warn(text);
      const { lines, artifacts, failures } = await indexRun(store, runId, {
        allowance: notingAllowance(args),
        redactor: redactionOf(args, data.flags.redact as string[] | undefined).redactor,
      });
      writeOut(`${count(lines, "line")} added from ${count(artifacts, "artifact")}\n`);
      for (const { path, reason } of failures)
        (await import("../output/console.ts")).warn(`${path} ${reason}; its lines are not indexed`);
      return failures.length > 0 ? exitCode.failure : exitCode.ok;
    } finally {
      store.close();
    }
  },
});

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
