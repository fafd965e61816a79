import fs from "node:fs";
import type { ArgsDef } from "citty";
import { reasonOf, ScenariologError, usageError } from "../../errors.ts";
import type { RowSet } from "../../model/rows.ts";
import { type Format, formats, type RenderOptions, render } from "../../render/render.ts";
import type { Rename, SortKey } from "../../render/shape.ts";
import { writeAll } from "../../sys/descriptors.ts";
import { type Form, harmless } from "../output/harmless.ts";
import { readerOf } from "../output/reader.ts";
import { writeOut } from "../output/streams.ts";

/** The output flags of every report, to be spread into a verb's args. */
export const outputArgs = {
  output: { type: "string", default: "table", valueHint: "format", description: `One of ${formats.join(", ")}` },
  fields: { type: "string", valueHint: "a,b", description: "Show these columns only, in this order" },
  filter: { type: "string", valueHint: "a,b", description: "Leave these columns out" },
  "sort-columns": { type: "boolean", default: false, description: "Order the columns by name" },
  "reorder-columns": { type: "string", valueHint: "a,b", description: "Move these columns to the front" },
  "sort-by": { type: "string", valueHint: "a,-b", description: "Order the rows by these columns; -b is descending" },
  rename: { type: "string", valueHint: "old:new", description: "Rename columns (comma separated, repeatable)" },
  select: { type: "string", valueHint: "column", description: "Print the bare values of one column, one a line" },
  "with-headers": { type: "boolean", default: true, description: "Header of table, csv, tsv, markdown and html" },
  "csv-separator": { type: "string", valueHint: "character", description: "Separator of csv and tsv" },
  "csv-safe": { type: "boolean", default: false, description: "csv and tsv: no cell is a formula to a spreadsheet" },
  "table-format": { type: "string", valueHint: "style", description: "Style of a table: ascii, markdown or html" },
  "output-file": { type: "string", valueHint: "file", description: "Write to this file instead of stdout" },
  "glazed-skip": { type: "string", valueHint: "n", description: "Leave out the first n rows, once sorted" },
  "glazed-limit": { type: "string", valueHint: "n", description: "Show at most n rows; 0 shows all" },
  "output-as-objects": { type: "boolean", default: false, description: "json: one object after another, no array" },
} as const satisfies ArgsDef;

export interface OutputOptions extends RenderOptions {
  /** Absent: stdout. */
  readonly outputFile?: string | undefined;
}

/**
 * Reads the flags of `outputArgs`, absent ones as their defaults; an empty value counts as absent, except where only
 * a value makes sense. Throws USAGE, naming the flag. Whether the columns exist is known to `emitRows` only.
 */
export function parseOutputOptions(args: Readonly<Record<string, unknown>>): OutputOptions {
  return {
    format: formatOf(args),
    fields: list(args, "fields"),
    filter: list(args, "filter"),
    sortColumns: flag(args, "sort-columns", false),
    reorderColumns: list(args, "reorder-columns"),
    sortBy: list(args, "sort-by").map(sortKey),
    rename: list(args, "rename").map(renameOf),
    select: text(args, "select") || undefined,
    withHeaders: flag(args, "with-headers", true),
    csvSeparator: separator(args),
    csvSafe: flag(args, "csv-safe", false),
    outputFile: text(args, "output-file") || undefined,
    skip: count(args, "glazed-skip"),
    limit: count(args, "glazed-limit"),
    asObjects: flag(args, "output-as-objects", false),
  };
}

/**
 * Renders the rows and writes them to stdout or the output file, which is touched only once they are rendered.
 * Throws USAGE for unknown columns, FILE where it cannot write.
 */
export function emitRows(rows: RowSet, options: OutputOptions): void {
  const rendered = render(rows, options);
  const form = options.select === undefined && ESCAPING.has(options.format ?? "table") ? "json" : "plain";
  if (options.outputFile === undefined) writeOut(rendered, form);
  else writeFile(options.outputFile, rendered, form);
}

/** Formats that can say in an escape what somebody would obey. */
const ESCAPING: ReadonlySet<Format> = new Set(["json", "jsonl", "yaml"]);

/** The file may be a terminal: /dev/tty. */
function writeFile(path: string, text: string, form: Form): void {
  let fd = -1;
  try {
    fd = fs.openSync(path, "w");
    const { error } = writeAll(fd, Buffer.from(harmless(text, readerOf(fd), form)));
    if (error !== undefined) throw error;
  } catch (error) {
    throw new ScenariologError("FILE", `cannot write ${JSON.stringify(path)}: ${reasonOf(error)}`, { cause: error });
  } finally {
    if (fd >= 0) fs.closeSync(fd);
  }
}

const tableFormats: Readonly<Record<string, Format>> = { ascii: "table", markdown: "markdown", html: "html" };

function formatOf(args: Readonly<Record<string, unknown>>): Format {
  const name = text(args, "output") ?? "table";
  const format = formats.find((known) => known === name);
  if (!format) throw usageError(`--output: no format ${JSON.stringify(name)}; there are: ${formats.join(", ")}`);

  const style = text(args, "table-format") || "ascii";
  if (!Object.hasOwn(tableFormats, style)) {
    const known = Object.keys(tableFormats).join(", ");
    throw usageError(`--table-format: no table format ${JSON.stringify(style)}; there are: ${known}`);
  }
  return format === "table" ? tableFormats[style]! : format;
}

function sortKey(name: string): SortKey {
  const descending = name.startsWith("-");
  const column = descending ? name.slice(1) : name;
  if (column === "") throw usageError("--sort-by: a column is missing after the -");
  return { column, descending };
}

function renameOf(pair: string): Rename {
  const colon = pair.indexOf(":");
  const [from, to] = [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()];
  if (colon < 0 || from === "" || to === "") throw usageError(`--rename: ${JSON.stringify(pair)} is not old:new`);
  return { from, to };
}

function separator(args: Readonly<Record<string, unknown>>): string | undefined {
  const value = text(args, "csv-separator");
  if (value === undefined) return undefined;
  if ([...value].length !== 1 || /["\r\n]/.test(value)) {
    throw usageError(`--csv-separator: ${JSON.stringify(value)} is not one character other than a quote or line end`);
  }
  return value;
}

function count(args: Readonly<Record<string, unknown>>, name: string): number {
  const value = text(args, name) ?? "0";
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number)) {
    throw usageError(`--${name}: ${JSON.stringify(value)} is not a whole number of 0 or more`);
  }
  return number;
}

/** Comma separated, blanks around names and empty names ignored; a repeated flag adds to the list. */
function list(args: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = args[name];
  const parts = Array.isArray(value) ? value.map(String) : [text(args, name) ?? ""];
  return parts.flatMap((part) => part.split(",").map((item) => item.trim())).filter((item) => item !== "");
}

function text(args: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = args[name];
  if (value === undefined || typeof value === "string") return value;
  throw usageError(`--${name} needs a value`);
}

function flag(args: Readonly<Record<string, unknown>>, name: string, absent: boolean): boolean {
  const value = args[name];
  if (value === undefined) return absent;
  if (typeof value === "boolean") return value;
  throw usageError(`--${name}: ${JSON.stringify(value)} is not true or false`);
}
