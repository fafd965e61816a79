import { flaky } from "../../report/history/flaky.ts";
import { historyArgs, historySpecOf } from "../argv/history-flags.ts";
import { noRun, reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "flaky",
  flags: {
    last: { type: "string", alias: "n", default: "50", valueHint: "n", description: "The number of runs at most" },
    ...historyArgs,
  },
  run: noRun("flaky"),
  report: (store, _run, flags) => flaky(store, historySpecOf(flags)),
  empty: "no step fails at random",
});
