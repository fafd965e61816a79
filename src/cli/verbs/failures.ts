import { defineCommand } from "citty";
import { isAlive } from "../../recorder/identity.ts";
import { failures } from "../../report/failures.ts";
import { dbArg, runArg } from "../args.ts";
import { required } from "../context.ts";
import { noOperands } from "../operands.ts";
import { outputArgs } from "../output.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: { ...dbArg, ...runArg, ...outputArgs },
  run({ args, data }) {
    noOperands("failures", data);
    const db = required("failures", args, "db");
    return printReport(db, data.flags, (store) => failures(store, args["run-id"] || "latest", isAlive));
  },
});
