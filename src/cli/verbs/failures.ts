import { defineCommand } from "citty";
import { failures } from "../../report/failures.ts";
import { required } from "../argv/context.ts";
import { dbArg, runArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...outputArgs },
  run({ args, data }) {
    noOperands("failures", data);
    const db = required("failures", args, "db");
    return printReport(db, data.flags, (store) => failures(store, args["run-id"] || "latest"));
  },
});
