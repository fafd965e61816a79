import type { RowSet } from "../model/rows.ts";
import { cellText, visible } from "./text.ts";

/** A `<table>`, a line a row. Newlines in a cell stay newlines: how they look is up to the page's style. */
export function html({ columns, rows }: RowSet, withHeaders: boolean): string {
  const head = withHeaders ? `<thead>\n${line(columns, "th")}</thead>\n` : "";
  const body = rows.map((row) => line(row.map(cellText), "td")).join("");
  return `<table>\n${head}<tbody>\n${body}</tbody>\n</table>\n`;
}

function line(cells: readonly string[], tag: "th" | "td"): string {
  return `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>\n`;
}

/** Control characters are shown, as HTML allows them neither raw nor as references. */
function escaped(text: string): string {
  const lines = text.split(/\r\n|\n|\r/).map(visible);
  return lines.join("\n").replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
