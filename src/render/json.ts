import type { Cell, RowSet } from "../model/rows.ts";

/** One array of objects, or with `asObjects` one object after another; indented by two. */
export function json({ columns, rows }: RowSet, asObjects: boolean): string {
  const keys = columns.map(quoted);
  if (asObjects) return rows.map((row) => `${indentedObject(keys, row, "")}\n`).join("");
  if (rows.length === 0) return "[]\n";
  return `[\n${rows.map((row) => `  ${indentedObject(keys, row, "  ")}`).join(",\n")}\n]\n`;
}

/** One object a line; nothing for no rows. */
export function jsonl({ columns, rows }: RowSet): string {
  const keys = columns.map(quoted);
  return rows.map((row) => `{${keys.map((key, index) => `${key}:${value(row[index])}`).join(",")}}\n`).join("");
}

/**
 * A JSON string, which is a double-quoted YAML string as well. Beyond what JSON.stringify escapes: what a terminal
 * would obey (DEL, C1, bidi overrides) and what YAML does not allow or takes for a line end.
 */
export function quoted(text: string): string {
  return escaped(JSON.stringify(text));
}

/** Any value as JSON, indented by two, with a newline at the end; its strings escaped as in rows. */
export function jsonDocument(value: unknown): string {
  return `${escaped(JSON.stringify(value, null, 2))}\n`;
}

function escaped(json: string): string {
  return json.replace(ALSO_ESCAPED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Nothing in it needs an escape. */
const PLAIN = /^[\w .:/-]*$/;
const ALSO_ESCAPED = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;

/** The text is built here, as an object would move keys that look like integers to the front. */
function indentedObject(keys: readonly string[], row: readonly Cell[], indent: string): string {
  const members = keys.map((key, index) => `${indent}  ${key}: ${value(row[index])}`);
  return `{\n${members.join(",\n")}\n${indent}}`;
}

function value(cell: Cell | undefined): string {
  if (typeof cell === "string") return PLAIN.test(cell) ? `"${cell}"` : quoted(cell);
  return typeof cell === "boolean" ? String(cell) : JSON.stringify(cell ?? null);
}
