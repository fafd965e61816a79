import type { RowSet } from "../model/rows.ts";
import { cellText, visible } from "./text.ts";

/** A pipe table as GitHub shows it. Without headers only its rows: they can go behind those of another table. */
export function markdown({ columns, rows }: RowSet, withHeaders: boolean): string {
  const head = withHeaders ? line(columns.map(cell)) + line(columns.map(() => "---")) : "";
  return head + rows.map((row) => line(row.map((value) => cell(cellText(value))))).join("");
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

/**
 * Besides pipes and newlines, only what would make text disappear: a backslash that would escape something, a `<`
 * that would open a tag, an `&` that would begin an entity. Emphasis is left alone, so the text stays readable.
 */
function cell(text: string): string {
  return text
    .replace(/\\(?=[!-/:-@[-`{-~])/g, "\\\\")
    .replace(/&(?=#?\w+;)/g, "&amp;")
    .replace(/<(?=[A-Za-z/!?])/g, "&lt;")
    .replaceAll("|", "\\|")
    .split(/\r\n|\n|\r/)
    .map(visible)
    .join("<br/>");
}
