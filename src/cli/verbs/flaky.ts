import { defineCommand } from "citty";
import { flaky } from "../../report/history/flaky.ts";
import { required } from "../argv/context.ts";
import { dbArg } from "../argv/flags.ts";
import { historyArgs, historySpecOf } from "../argv/history-flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: {
    ...dbArg,
    last: { type: "string", default: "50", valueHint: "n", description: "Runs at most" },
    ...historyArgs,
    ...outputArgs,
  },
  run({ args, data }) {
    noOperands("flaky", data);
    const db = required("flaky", args, "db");
    const spec = historySpecOf(args);
    return printReport(db, data.flags, (store) => flaky(store, spec));
  },
});
