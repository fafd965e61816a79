import { defineCommand } from "citty";
import { isAlive } from "../../recorder/identity.ts";
import { summary } from "../../report/summary.ts";
import { dbArg, runArg } from "../args.ts";
import { required } from "../context.ts";
import { noOperands } from "../operands.ts";
import { outputArgs } from "../output.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...outputArgs },
  run({ args, data }) {
    noOperands("summary", data);
    const db = required("summary", args, "db");
    return printReport(db, data.flags, (store) => summary(store, args["run-id"] || "latest", isAlive));
  },
});
