import type { RowSet } from "../model/rows.ts";
import { cellText } from "./text.ts";

/** CSV as RFC 4180 quotes it, but with "\n" ends; TSV is the same with a tab. `separator` is one character. */
export function delimited({ columns, rows }: RowSet, separator: string, withHeaders: boolean): string {
  const line = (cells: readonly string[]) => {
    // A line with nothing on it is skipped by most readers: the one empty cell of a one-column row is quoted.
    if (cells.length === 1 && cells[0] === "") return '""\n';
    return `${cells.map((cell) => field(cell, separator)).join(separator)}\n`;
  };
  const body = rows.map((row) => line(row.map(cellText)));
  return (withHeaders ? line(columns) : "") + body.join("");
}

function field(text: string, separator: string): string {
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
