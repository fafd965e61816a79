import { defineCommand } from "citty";
import { steps } from "../../report/steps.ts";
import { required } from "../argv/context.ts";
import { dbArg, runArg } from "../argv/flags.ts";
import { runOperand } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...outputArgs },
  run({ args, data }) {
    const db = required("steps", args, "db");
    const selector = runOperand("steps", args["run-id"], data);
    return printReport(db, data.flags, (store) => steps(store, selector));
  },
});
