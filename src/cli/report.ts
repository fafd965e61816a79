import type { RowSet } from "../model/rows.ts";
import { openForReading } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { emitRows, parseOutputOptions } from "./argv/output-flags.ts";
import { noteWaiting } from "./output/waiting-note.ts";

/** Opens the database to read, computes a report, prints it as the output flags say. Bad flags come first. */
export async function printReport(
  db: string,
  args: Readonly<Record<string, unknown>>,
  report: (store: Store) => RowSet,
): Promise<void> {
  const options = parseOutputOptions(args);
  const store = openForReading(db);
  let rows: RowSet;
  try {
    rows = report(store);
  } finally {
    await noteWaiting(store, typeof args["run-id"] === "string" ? args["run-id"] : "latest");
    store.close();
  }
  emitRows(rows, options);
}
