import { defineCommand } from "citty";
import { type RunStatus, runStatuses } from "../../model/step.ts";
import { runs } from "../../report/runs.ts";
import { required } from "../argv/context.ts";
import { dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { outputArgs } from "../argv/output-flags.ts";
import { integerOf } from "../argv/parse.ts";
import { choiceOf } from "../argv/step-flags.ts";
import { printReport } from "../report.ts";

export default defineCommand({
  args: {
    ...dbArg,
    suite: { type: "string", valueHint: "name", description: "Only runs of this suite" },
    status: { type: "enum", options: [...runStatuses], description: "Only runs of this status" },
    limit: { type: "string", default: "20", valueHint: "n", description: "Runs at most; 0 is none, negative is all" },
    ...outputArgs,
  },
  run({ args, data }) {
    noOperands("runs", data);
    const db = required("runs", args, "db");
    const given: string | undefined = args.status;
    const status: RunStatus | null = given === undefined ? null : choiceOf("runs", "status", given, runStatuses);
    const spec = { suite: args.suite || null, status, limit: integerOf("limit", args.limit) };
    return printReport(db, data.flags, (store) => runs(store, spec));
  },
});
