import { timings } from "../../report/timings.ts";
import { integer } from "../argv/flag.ts";
import { reportVerb } from "../report-verb.ts";

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
  report: (store, run, { top }) => timings(store, run ?? "latest", top),
  empty: "no step is recorded",
});
