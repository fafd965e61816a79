import { terminalTable } from "../../render/terminal/table.ts";
import { steps } from "../../report/steps.ts";
import { reportVerb } from "../report-verb.ts";
import { showingStarts, withStarts } from "../running-steps.ts";

export default reportVerb({
  name: "steps",
  flags: {},
  report: (store, run) => withStarts(steps(store, run ?? "latest"), store, run ?? "latest"),
  empty: "no step is recorded",
  page: (rows, options) => terminalTable(showingStarts(rows), options),
});
