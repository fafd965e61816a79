import { notes } from "../../report/notes.ts";
import { reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "notes",
  flags: {},
  report: (store, run) => notes(store, run ?? "latest"),
  empty: "no note is kept with this run",
});
