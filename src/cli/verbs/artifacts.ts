import { defineCommand } from "citty";
import { artifacts } from "../../report/artifacts.ts";
import { inheritedRunId, required } from "../argv/context.ts";
import { dbArg, runArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: {
    ...dbArg,
    ...runArg,
    kind: { type: "string", valueHint: "kind", description: "Only artifacts of this kind: stdout, stderr, report" },
    ...outputArgs,
  },
  run({ args, data }) {
    noOperands("artifacts", data);
    const db = required("artifacts", args, "db");
    const run = (args["run-id"] ?? inheritedRunId(args)) || "latest";
    return printReport(db, data.flags, (store) => artifacts(store, run, args.kind));
  },
});
