import { defineCommand } from "citty";
import { diskUsage } from "../../report/disk-usage.ts";
import { required } from "../argv/context.ts";
import { dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: { ...dbArg, ...outputArgs },
  run({ args, data }) {
    noOperands("du", data);
    return printReport(required("du", args, "db"), data.flags, diskUsage);
  },
});
