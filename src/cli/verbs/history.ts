import { exitCode } from "../../errors.ts";
import { history } from "../../report/history/history.ts";
import { historyArgs, historySpecOf } from "../argv/history-flags.ts";
import { noOperands } from "../argv/operands.ts";
import { reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "history",
  flags: {
    last: { type: "string", alias: "n", default: "20", valueHint: "n", description: "The number of runs at most" },
    ...historyArgs,
    check: {
      type: "boolean",
      default: false,
      description: "Exit with 1 if a step newly fails, or its last three passes took longer than before",
    },
  },
  run(_flags, call) {
    noOperands("history", { ...call, positionals: call.positionals.slice(1) });
    return null;
  },
  report(store, _run, flags, { positionals: [step = null] }) {
    const { rows, alarms, broken } = history(store, step, historySpecOf(flags));
    return { ...rows, alarms, broken };
  },
  empty: "no step is recorded",
  async end({ alarms, broken }, { check }) {
    const { note } = await import("../output/console.ts");
    if (broken.length > 0) {
      const runs = broken.length === 1 ? "1 run was" : `${broken.length} runs were`;
      note(`${runs} left out, as nearly all steps failed: ${broken.join(", ")}`);
    }
    if (!check || alarms.length === 0) return exitCode.ok;
    for (const alarm of alarms) note(alarm);
    return exitCode.failure;
  },
});
