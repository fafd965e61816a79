import type { RowSet } from "../model/rows.ts";
import { runningStarts } from "../report/running-starts.ts";
import type { Store } from "../store/store.ts";

interface Started extends RowSet {
  /** When the steps that have no end began, by their numbers. */
  readonly starts: ReadonlyMap<number, string>;
}

/** Rows about steps, with the starts from which a person sees how long each running step has taken. */
export function withStarts(rows: RowSet, store: Store, run: string): Started {
  const isAnyRunning = rows.rows.some((row) => row[rows.columns.indexOf("status")] === "running");
  return { ...rows, starts: isAnyRunning ? runningStarts(store, run) : new Map() };
}

/** The rows with the starts as their last column, from which the page computes the times. */
export function showingStarts({ columns, rows, starts }: Started): RowSet {
  if (starts.size === 0) return { columns, rows };
  const num = columns.indexOf("step_num");
  return {
    columns: [...columns, "started_at"],
    rows: rows.map((row) => [...row, starts.get(Number(row[num])) ?? null]),
  };
}
