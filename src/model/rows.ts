/** What a report gives to a renderer: named columns, and rows in that order. `null` means "not known" (SQL NULL). */
export type Cell = string | number | boolean | null;

export interface RowSet {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}
