import { defineCommand } from "citty";
import { endRun } from "../../recorder/run/run.ts";
import { openForWriting } from "../../store/open.ts";
import { required } from "../argv/context.ts";
import { allowanceArgs, allowanceOf, dbArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { integerOf } from "../argv/parse.ts";

export default defineCommand({
  args: {
    ...dbArg,
    "run-id": { type: "string", valueHint: "run", description: "The run (or SCENARIOLOG_RUN_ID)" },
    ...allowanceArgs,
    "exit-code": { type: "string", default: "0", valueHint: "n", description: "The suite's exit code" },
  },
  async run({ args, data }) {
    noOperands("run end", data);
    const db = required("run end", args, "db");
    const runId = required("run end", args, "run-id");
    const exitCode = integerOf("exit-code", args["exit-code"]);
    const store = openForWriting(db, { create: false });
    try {
      const problems = await endRun(store, runId, exitCode, { allowance: allowanceOf(args) });
      for (const problem of problems) (await import("../output/console.ts")).warn(problem);
    } finally {
      store.close();
    }
  },
});
