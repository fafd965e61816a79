import { terminalLines } from "../../render/terminal/table.ts";
import { summary } from "../../report/summary.ts";
import { reportVerb } from "../report-verb.ts";

/** What the line above says already. */
const ABOVE = new Set(["suite", "started_at", "duration_ms", "status"]);

export default reportVerb({
  name: "summary",
  flags: {},
  report: (store, run) => summary(store, run ?? "latest"),
  empty: "",
  page({ columns, rows }, options) {
    const kept = columns.flatMap((name, i) => (ABOVE.has(name) && !options.allColumns ? [] : [i]));
    const pick = <T>(cells: readonly T[]) => kept.map((i) => cells[i]!);
    return terminalLines({ columns: pick(columns), rows: rows.map(pick) }, options);
  },
});
