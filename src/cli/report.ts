import type { RowSet } from "../model/rows.ts";
import { openForReading } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { emitRows, parseOutputOptions } from "./output.ts";

/** Opens the database to read, computes a report, prints it as the output flags say. Bad flags come first. */
export function printReport(
  db: string,
  args: Readonly<Record<string, unknown>>,
  report: (store: Store) => RowSet,
): void {
  const options = parseOutputOptions(args);
  const store = openForReading(db);
  let rows: RowSet;
  try {
    rows = report(store);
  } finally {
    store.close();
  }
  emitRows(rows, options);
}
