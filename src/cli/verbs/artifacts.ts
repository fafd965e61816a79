import { artifacts } from "../../report/artifacts.ts";
import { reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "artifacts",
  flags: {
    kind: {
      type: "string",
      offers: ["stdout", "stderr"],
      valueHint: "kind",
      description: "Only artifacts of this kind: stdout, stderr, report",
    },
  },
  report: (store, run, { kind }) => artifacts(store, run ?? "latest", kind),
  empty: (_rows, { kind }) =>
    kind === undefined ? "no file is kept with this run" : `no ${kind} is kept with this run`,
});
