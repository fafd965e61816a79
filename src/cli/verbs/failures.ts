import { failures } from "../../report/failures.ts";
import { reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "failures",
  flags: {},
  report: (store, run) => failures(store, run ?? "latest"),
  empty: "no step failed",
});
