import { tags } from "../../report/tags.ts";
import { integer } from "../argv/flag.ts";
import { reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "tags",
  flags: {
    step: { type: "string", parse: integer(0), valueHint: "n", description: "Only those of the step of this number" },
  },
  report: (store, run, { step }) => tags(store, run ?? "latest", step),
  empty: "no tag is set",
});
