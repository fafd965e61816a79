import { terminalTable } from "../../render/terminal/table.ts";
import { timings } from "../../report/timings.ts";
import { integer } from "../argv/flag.ts";
import { reportVerb } from "../report-verb.ts";
import { showingStarts, withStarts } from "../running-steps.ts";

export default reportVerb({
  name: "timings",
  flags: {
    top: {
      type: "string",
      alias: "n",
      default: "10",
      parse: integer(),
      valueHint: "n",
      description: "The number of steps at most; 0 is none, negative is all",
    },
  },
  report: (store, run, { top }) => withStarts(timings(store, run ?? "latest", top), store, run ?? "latest"),
  empty: "no step is recorded",
  page: (rows, options) => terminalTable(showingStarts(rows), options),
});
