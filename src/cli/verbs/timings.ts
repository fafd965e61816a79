import { defineCommand } from "citty";
import { isAlive } from "../../recorder/identity.ts";
import { timings } from "../../report/timings.ts";
import { dbArg, runArg } from "../args.ts";
import { required } from "../context.ts";
import { noOperands } from "../operands.ts";
import { outputArgs } from "../output.ts";
import { integerOf } from "../parse.ts";
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
    return printReport(db, data.flags, (store) => timings(store, args["run-id"] || "latest", top, isAlive));
  },
});
