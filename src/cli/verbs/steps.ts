import { steps } from "../../report/steps.ts";
import { reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "steps",
  flags: {},
  report: (store, run) => steps(store, run ?? "latest"),
  empty: "no step is recorded",
});
