import type { Cell, RowSet } from "../model/rows.ts";
import { quoted } from "./json.ts";

/** One document a row, separated by `---`, so that `yq .run_id` works; nothing for no rows. */
export function yaml({ columns, rows }: RowSet): string {
  const keys = columns.map(textScalar);
  return rows.map((row) => keys.map((key, index) => `${key}: ${scalar(row[index])}\n`).join("")).join("---\n");
}

function scalar(cell: Cell | undefined): string {
  if (typeof cell === "string") return textScalar(cell);
  if (typeof cell === "number" && !Number.isFinite(cell)) return nonFinite(cell);
  return String(cell ?? null);
}

/**
 * Plain only if no parser of YAML 1.1 or 1.2 can take it for anything but this text; else double-quoted on
 * one line. Lone surrogates become U+FFFD: YAML cannot say them.
 */
function textScalar(text: string): string {
  return PLAIN.test(text) && !RESERVED.test(text) ? text : quoted(text.toWellFormed());
}

/** Starts with a letter, `_` or `/` and never has a colon or `#`: no number, date, map, comment or indicator. */
const PLAIN = /^[A-Za-z_/](?:[\w./@%+=, -]*[\w./@%+=-])?$/;
/** What YAML 1.1 (yes, on, y) or 1.2 take for a boolean or null, and what lenient readers take for a number. */
const RESERVED = /^(?:true|false|yes|no|on|off|y|n|null|nan|inf|infinity)$/i;

function nonFinite(cell: number): string {
  if (Number.isNaN(cell)) return ".nan";
  return cell > 0 ? ".inf" : "-.inf";
}
