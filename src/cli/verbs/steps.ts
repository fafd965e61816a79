import { defineCommand } from "citty";
import { isAlive } from "../../recorder/identity.ts";
import { steps } from "../../report/steps.ts";
import { dbArg, runArg } from "../args.ts";
import { required } from "../context.ts";
import { runOperand } from "../operands.ts";
import { outputArgs } from "../output.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...outputArgs },
  run({ args, data }) {
    const db = required("steps", args, "db");
    const selector = runOperand("steps", args["run-id"], data);
    return printReport(db, data.flags, (store) => steps(store, selector, isAlive));
  },
});
