import { defineCommand } from "citty";
import { notes } from "../../report/notes.ts";
import { dbArg, runArg } from "../args.ts";
import { inheritedRunId, required } from "../context.ts";
import { noOperands } from "../operands.ts";
import { outputArgs } from "../output.ts";
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
