import { terminalLines } from "../../render/terminal/table.ts";
import { summary } from "../../report/summary.ts";
import { reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "summary",
  flags: {},
  report: (store, run) => summary(store, run ?? "latest"),
  empty: "",
  page: terminalLines,
});
