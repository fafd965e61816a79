import { defineCommand } from "citty";
import { exitCode } from "../../errors.ts";
import { history } from "../../report/history/history.ts";
import { openForReading } from "../../store/open.ts";
import { required } from "../argv/context.ts";
import { dbArg } from "../argv/flags.ts";
import { historyArgs, historySpecOf } from "../argv/history-flags.ts";
import { noOperands } from "../argv/operands.ts";
import { emitRows, outputArgs, parseOutputOptions } from "../argv/output-flags.ts";
import { noteWaiting } from "../output/waiting-note.ts";

export default defineCommand({
  args: {
    ...dbArg,
    last: { type: "string", default: "20", valueHint: "n", description: "Runs at most" },
    ...historyArgs,
    check: {
      type: "boolean",
      default: false,
      description: "Exit with 1 if a step newly fails, or its last three passes took longer than before",
    },
    ...outputArgs,
  },
  async run({ args, data }) {
    const [step = null, ...extra] = data.positionals;
    noOperands("history", { ...data, positionals: extra });
    const options = parseOutputOptions(data.flags);
    const spec = historySpecOf(args);
    const store = openForReading(required("history", args, "db"));
    try {
      const { rows, alarms, broken } = history(store, step, spec);
      emitRows(rows, options);
      const { note } = await import("../output/console.ts");
      if (broken.length > 0) {
        const runs = broken.length === 1 ? "1 run was" : `${broken.length} runs were`;
        note(`${runs} left out, as nearly all steps failed: ${broken.join(", ")}`);
      }
      if (!args.check || alarms.length === 0) return exitCode.ok;
      for (const alarm of alarms) note(alarm);
      return exitCode.failure;
    } finally {
      await noteWaiting(store, "latest");
      store.close();
    }
  },
});
