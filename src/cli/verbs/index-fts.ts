import { exitCode, ScenariologError } from "../../errors.ts";
import { indexRun } from "../../recorder/index/index-run.ts";
import { takeInWaiting } from "../../recorder/pending/waiting.ts";
import { openForWriting } from "../../store/open.ts";
import { required } from "../argv/context.ts";
import { allowanceArgs, allowanceOf, foundDbArg, runArg } from "../argv/flags.ts";
import { runOperand } from "../argv/operands.ts";
import { redactArg, redactionOf } from "../argv/trace-flags.ts";
import { writeOut } from "../output/streams.ts";
import { defineVerb } from "../verb.ts";

export default defineVerb({
  flags: { ...foundDbArg, ...runArg, ...allowanceArgs, ...redactArg },
  async run(flags, call) {
    const run = runOperand("index fts", flags["run-id"], call);
    const db = required("index fts", flags, "db");
    const store = openForWriting(db, { create: false });
    try {
      if (!store.fts) throw new ScenariologError("NO_FTS5", `FTS5 is not available; nothing of ${db} was indexed`);
      const taken = await takeInWaiting(store, run);
      for (const text of await taken.index()) (await import("../output/console.ts")).warn(text);
      const { lines, artifacts, failures } = await indexRun(store, run, {
        allowance: allowanceOf(flags),
        redactor: redactionOf(flags, flags.redact).redactor,
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
