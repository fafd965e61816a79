import type { Cell, RowSet } from "../model/rows.ts";
import { cellText } from "./text.ts";

export interface DelimitedOptions {
  /** One character. */
  readonly separator: string;
  readonly withHeaders: boolean;
  /** Put an apostrophe before a text that a spreadsheet would take for a formula; numbers stay numbers. */
  readonly safe: boolean;
}

/** CSV as RFC 4180 quotes it, but with "\n" ends; TSV is the same with a tab. */
export function delimited({ columns, rows }: RowSet, { separator, withHeaders, safe }: DelimitedOptions): string {
  const text = (cell: Cell) => (safe && typeof cell === "string" ? noFormula(cell) : cellText(cell));
  const line = (cells: readonly Cell[]) => {
    const texts = cells.map(text);
    // Most readers skip an empty line, so the one empty cell of a one-column row is quoted.
    if (texts.length === 1 && texts[0] === "") return '""\n';
    return `${texts.map((cell) => field(cell, separator)).join(separator)}\n`;
  };
  return (withHeaders ? line(columns) : "") + rows.map(line).join("");
}

function field(text: string, separator: string): string {
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function noFormula(text: string): string {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

/** Also after characters that a spreadsheet may trim, and as the wide characters of East Asian input. */
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
