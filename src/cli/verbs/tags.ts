import { terminalTable } from "../../render/terminal/table.ts";
import { tags } from "../../report/tags.ts";
import { integer } from "../argv/flag.ts";
import { reportVerb } from "../report-verb.ts";

/** Tags that every step gets by itself, and that `steps` shows in columns: a person looks for the others. */
const AUTOMATIC = /^(?:step|cmd|rusage)\./;

export default reportVerb({
  name: "tags",
  flags: {
    step: { type: "string", parse: integer(0), valueHint: "n", description: "Only those of the step of this number" },
  },
  report: (store, run, { step }) => tags(store, run ?? "latest", step),
  empty: "no tag is set",
  page({ columns, rows }, options, { step }) {
    const key = columns.indexOf("key");
    const isWanted = (cell: unknown) => step !== undefined || options.allColumns || !AUTOMATIC.test(String(cell));
    return terminalTable({ columns, rows: rows.filter((row) => isWanted(row[key])) }, options);
  },
});
