import { defineCommand } from "citty";
import { notes } from "../../report/notes.ts";
import { inheritedRunId, required } from "../argv/context.ts";
import { dbArg, runArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...outputArgs },
  run({ args, data }) {
    noOperands("notes", data);
    const db = required("notes", args, "db");
    const run = (args["run-id"] ?? inheritedRunId(args)) || "latest";
    return printReport(db, data.flags, (store) => notes(store, run));
  },
});
