import { usageError } from "../errors.ts";
import type { Cell, RowSet } from "../model/rows.ts";
import { delimited } from "./delimited.ts";
import { html } from "./html.ts";
import { json, jsonl } from "./json.ts";
import { markdown } from "./markdown.ts";
import { cellsOf, type Shape, shapeRows } from "./shape.ts";
import { table } from "./table.ts";
import { cellText } from "./text.ts";
import { yaml } from "./yaml.ts";

export const formats = ["table", "json", "jsonl", "yaml", "csv", "tsv", "markdown", "html"] as const;
export type Format = (typeof formats)[number];

/** Without any option: a table with headers, nothing transformed. */
export interface RenderOptions extends Shape {
  readonly format?: Format;
  /** false: no header in table, csv, tsv, markdown and html. The other formats have none. */
  readonly withHeaders?: boolean;
  /** One character, for csv and tsv; absent: a comma, a tab. */
  readonly csvSeparator?: string | undefined;
  /** csv and tsv: no cell is a formula to a spreadsheet. */
  readonly csvSafe?: boolean;
  /** json only: one object after another instead of one array. */
  readonly asObjects?: boolean;
  /** The bare values of this column, one a line, whatever the format. */
  readonly select?: string | undefined;
}

/**
 * The rows as text that ends with a newline, or "" if the format prints nothing for no rows.
 * Throws USAGE for a column that the rows do not have, and for options that leave no column or two of one name.
 */
export function render(rows: RowSet, options: RenderOptions = {}): string {
  if (options.select !== undefined) return bareValues(cellsOf(rows, options, options.select));
  const shaped = shapeRows(rows, options);
  const withHeaders = options.withHeaders ?? true;
  const safe = options.csvSafe ?? false;
  const format = options.format ?? "table";
  switch (format) {
    case "table":
      return table(shaped, withHeaders);
    case "json":
      return json(shaped, options.asObjects ?? false);
    case "jsonl":
      return jsonl(shaped);
    case "yaml":
      return yaml(shaped);
    case "csv":
      return delimited(shaped, { separator: options.csvSeparator ?? ",", withHeaders, safe });
    case "tsv":
      return delimited(shaped, { separator: options.csvSeparator ?? "\t", withHeaders, safe });
    case "markdown":
      return markdown(shaped, withHeaders);
    case "html":
      return html(shaped, withHeaders);
    default:
      throw usageError(`unknown format ${JSON.stringify(format satisfies never)}; there are: ${formats.join(", ")}`);
  }
}

/** The values as they are, newlines included: `value=$(…)` would take an escape for data. */
function bareValues(cells: readonly Cell[]): string {
  return cells.map((cell) => `${cellText(cell)}\n`).join("");
}
