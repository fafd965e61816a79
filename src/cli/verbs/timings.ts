import { defineCommand } from "citty";
import { timings } from "../../report/timings.ts";
import { required } from "../argv/context.ts";
import { dbArg, runArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { integerOf } from "../argv/parse.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: {
    ...dbArg,
    ...runArg,
    top: { type: "string", default: "10", valueHint: "n", description: "Steps at most; 0 is none, negative is all" },
    ...outputArgs,
  },
  run({ args, data }) {
    noOperands("timings", data);
    const db = required("timings", args, "db");
    const top = integerOf("top", args.top);
    return printReport(db, data.flags, (store) => timings(store, args["run-id"] || "latest", top));
  },
});
