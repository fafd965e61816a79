import type { RowSet } from "../model/rows.ts";
import { markdownText } from "./markdown-text.ts";
import { cellText } from "./text.ts";

/** A pipe table as GitHub shows it. Without headers only its rows, which can follow those of another table. */
export function markdown({ columns, rows }: RowSet, withHeaders: boolean): string {
  const head = withHeaders ? line(columns.map(cell)) + line(columns.map(() => "---")) : "";
  return head + rows.map((row) => line(row.map((value) => cell(cellText(value))))).join("");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

function cell(text: string): string {
  return text
    .split(/\r\n|\n|\r/)
    .map(markdownText)
    .join("<br/>");
}
