import type { RowSet } from "../model/rows.ts";
import { cellText, visible } from "./text.ts";

/**
 * A ruled ASCII table, left-aligned, as wide as a terminal shows it (CJK two columns, combining marks none). Without
 * rows it is the header between two rules; without rows and header it is empty.
 */
export function table({ columns, rows }: RowSet, withHeaders: boolean): string {
  const header = columns.map(measure);
  const body = rows.map((row) => row.map((cell) => (typeof cell === "string" ? measure(cell) : plain(cellText(cell)))));
  const lines = withHeaders ? [header, ...body] : body;
  if (lines.length === 0) return "";

  const widths = columns.map((_, index) => lines.reduce((most, line) => Math.max(most, line[index]!.width), 0));
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+\n`;
  const text = (line: readonly Measured[]) =>
    `|${line.map(({ text, width }, index) => ` ${text}${" ".repeat(widths[index]! - width)} `).join("|")}|\n`;

  const head = withHeaders ? rule + text(header) : "";
  return head + rule + body.map(text).join("") + (body.length > 0 ? rule : "");
}

interface Measured {
  readonly text: string;
  readonly width: number;
}

function measure(raw: string): Measured {
  const text = visible(raw);
  return { text, width: Bun.stringWidth(text) };
}

/** Of numbers and the like: digits and letters only. */
function plain(text: string): Measured {
  return { text, width: text.length };
}
