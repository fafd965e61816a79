import { diskUsage } from "../../report/disk-usage.ts";
import { noRun, reportVerb } from "../report-verb.ts";

export default reportVerb({
  name: "du",
  flags: {},
  run: noRun("du"),
  report: diskUsage,
  empty: "nothing is recorded",
});
