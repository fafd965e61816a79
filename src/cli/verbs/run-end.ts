import { endRun } from "../../recorder/run/run.ts";
import { openForWriting } from "../../store/open.ts";
import { required } from "../argv/context.ts";
import { integer } from "../argv/flag.ts";
import { allowanceArgs, allowanceOf, dbArg, recordingRunArg } from "../argv/flags.ts";
import { noOperands } from "../argv/operands.ts";
import { defineVerb } from "../verb.ts";

export default defineVerb({
  flags: {
    ...dbArg,
    ...recordingRunArg,
    ...allowanceArgs,
    "exit-code": {
      type: "string",
      default: "0",
      parse: integer(),
      valueHint: "n",
      description: "The suite's exit code",
    },
  },
  async run(flags, call) {
    noOperands("run end", call);
    const db = required("run end", flags, "db");
    const runId = required("run end", flags, "run-id");
    const store = openForWriting(db, { create: false });
    try {
      const problems = await endRun(store, runId, flags["exit-code"], { allowance: allowanceOf(flags) });
      for (const problem of problems) (await import("../output/console.ts")).warn(problem);
    } finally {
      store.close();
    }
  },
});
