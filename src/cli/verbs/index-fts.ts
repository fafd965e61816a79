import { exitCode, ScenariologError, usageError } from "../../errors.ts";
import { indexRun, runsToIndex } from "../../recorder/index/index-run.ts";
import { takeInWaiting } from "../../recorder/pending/waiting.ts";
import { openForWriting } from "../../store/open.ts";
import { notingAllowance } from "../argv/allowance.ts";
import { required } from "../argv/context.ts";
import { allowanceArgs, foundDbArg, runArg } from "../argv/flags.ts";
import { noOperands, runOperand } from "../argv/operands.ts";
import { redactArg, redactionOf } from "../argv/trace-flags.ts";
import { writeOut } from "../output/streams.ts";
import { defineVerb } from "../verb.ts";

export default defineVerb({
  flags: {
    ...foundDbArg,
    ...runArg,
    "all-runs": { type: "boolean", default: false, description: "Every run" },
    rebuild: {
      type: "boolean",
      default: false,
      description: "Also bring lines up to date that an older version, or the Go build, has indexed",
    },
    ...allowanceArgs,
    ...redactArg,
  },
  async run(flags, call) {
    if (flags["all-runs"] && flags["run-id"] !== undefined) {
      throw usageError("--all-runs and --run-id exclude each other", "leave out one of them");
    }
    if (flags["all-runs"]) noOperands("index fts", call);
    const run = flags["all-runs"] ? null : runOperand("index fts", flags["run-id"], call);
    const db = required("index fts", flags, "db");
    const store = openForWriting(db, { create: false });
    try {
      if (!store.fts) throw new ScenariologError("NO_FTS5", `FTS5 is not available; nothing of ${db} was indexed`);
      const { note, warn } = await import("../output/console.ts");
      const allowance = notingAllowance(flags);
      const { redactor } = redactionOf(flags, flags.redact);
      const total = { lines: 0, artifacts: 0, rebuilt: 0, failures: 0 };
      for (const id of runsToIndex(store, run)) {
        const taken = await takeInWaiting(store, id);
        for (const text of await taken.index()) warn(text);
        const done = await indexRun(store, id, { allowance, redactor, rebuild: flags.rebuild });
        total.lines += done.lines;
        total.artifacts += done.artifacts;
        total.rebuilt += done.rebuilt;
        total.failures += done.failures.length;
        for (const { path, reason } of done.failures) warn(`${path} ${reason}; its lines are not indexed`);
        for (const { path, reason } of done.withoutFile)
          note(`${path} ${reason}; its lines stay, brought up to date without it`);
      }
      writeOut(`${count(total.lines, "line")} added from ${count(total.artifacts, "artifact")}\n`);
      if (flags.rebuild) writeOut(`${count(total.rebuilt, "line")} brought up to date\n`);
      return total.failures > 0 ? exitCode.failure : exitCode.ok;
    } finally {
      store.close();
    }
  },
});

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
