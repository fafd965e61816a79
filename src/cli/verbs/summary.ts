import { defineCommand } from "citty";
import { summary } from "../../report/summary.ts";
import { required } from "../argv/context.ts";
import { dbArg, runArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...outputArgs },
  run({ args, data }) {
    noOperands("summary", data);
    const db = required("summary", args, "db");
    return printReport(db, data.flags, (store) => summary(store, args["run-id"] || "latest"));
  },
});
