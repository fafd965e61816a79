import fs from "node:fs";
import { reasonOf, ScenariologError, usageError } from "../../errors.ts";
import { nearest } from "../../model/nearest.ts";
import type { RowSet } from "../../model/rows.ts";
import { type Format, formats, type RenderOptions, render } from "../../render/render.ts";
import type { Rename, SortKey } from "../../render/shape.ts";
import { writeAll } from "../../sys/descriptors.ts";
import { type Form, harmless } from "../output/harmless.ts";
import { readerOf } from "../output/reader.ts";
import { writeOut } from "../output/streams.ts";
import { type FlagDefs, names, valuesOf } from "./flag.ts";

/** The output flags of every report, to be spread into a verb's args. */
export const outputArgs = {
  output: {
    type: "string",
    alias: "o",
    parse: formatNamed,
    offers: formats,
    valueHint: "format",
    description: `One of ${formats.join(", ")} (default: table; on a terminal a page for people)`,
  },
  fields: { type: "string", parse: names, valueHint: "a,b", description: "Show these columns only, in this order" },
  filter: { type: "string", parse: names, valueHint: "a,b", description: "Leave these columns out" },
  "sort-columns": { type: "boolean", default: false, description: "Order the columns by name" },
  "reorder-columns": { type: "string", parse: names, valueHint: "a,b", description: "Move these columns to the front" },
  "sort-by": {
    type: "string",
    parse: sortKeys,
    valueHint: "a,-b",
    description: "Order the rows by these columns; -b is descending",
  },
  rename: {
    type: "string",
    repeatable: true,
    parse: renames,
    valueHint: "old:new",
    description: "Rename columns (comma separated, repeatable)",
  },
  select: { type: "string", valueHint: "column", description: "Print the bare values of one column, one a line" },
  "with-headers": { type: "boolean", default: true, description: "Header of table, csv, tsv, markdown and html" },
  "csv-separator": {
    type: "string",
    parse: separator,
    valueHint: "character",
    description: "Separator of csv and tsv",
  },
  "csv-safe": { type: "boolean", default: false, description: "csv and tsv: no cell is a formula to a spreadsheet" },
  "table-format": {
    type: "string",
    parse: tableFormat,
    offers: ["ascii", "markdown", "html"],
    valueHint: "style",
    description: "Style of a table: ascii, markdown or html",
  },
  "output-file": { type: "string", valueHint: "file", description: "Write to this file instead of stdout" },
  "glazed-skip": {
    type: "string",
    default: "0",
    parse: count,
    valueHint: "n",
    description: "Leave out the first n rows, after sorting",
  },
  "glazed-limit": {
    type: "string",
    default: "0",
    parse: count,
    valueHint: "n",
    description: "Show at most n rows; 0 shows all",
  },
  "output-as-objects": { type: "boolean", default: false, description: "json: one object after another, no array" },
} as const satisfies FlagDefs;

export interface OutputOptions extends RenderOptions {
  /** Absent: stdout. */
  readonly outputFile?: string | undefined;
}

/**
 * Reads the flags of `outputArgs`, absent ones as their defaults. An empty value counts as absent, unless the flag makes
 * no sense without one. Throws USAGE that names the flag. Only `emitRows` knows whether the columns exist.
 */
export function parseOutputOptions(args: Readonly<Record<string, unknown>>): OutputOptions {
  const flags = valuesOf(outputArgs, args);
  const format = flags.output ?? "table";
  return {
    format: format === "table" ? (flags["table-format"] ?? "table") : format,
    fields: flags.fields ?? [],
    filter: flags.filter ?? [],
    sortColumns: flags["sort-columns"],
    reorderColumns: flags["reorder-columns"] ?? [],
    sortBy: flags["sort-by"] ?? [],
    rename: flags.rename?.flat() ?? [],
    select: flags.select || undefined,
    withHeaders: flags["with-headers"],
    csvSeparator: flags["csv-separator"],
    csvSafe: flags["csv-safe"],
    outputFile: flags["output-file"] || undefined,
    skip: flags["glazed-skip"],
    limit: flags["glazed-limit"],
    asObjects: flags["output-as-objects"],
  };
}

/**
 * Whether a person looks at the answer: stdout is a terminal, and no flag asks for a format. Everywhere else an answer is
 * the contract's, byte for byte.
 */
export function isForPerson(args: Readonly<Record<string, unknown>>): boolean {
  const asks = ["output", "select", "table-format", "output-file", "csv-separator"].some((flag) => Boolean(args[flag]));
  return !asks && args["with-headers"] !== false && readerOf(1).isTerminal;
}

/**
 * Renders the rows and writes them to stdout or the output file, which is not touched before they are rendered.
 * Throws USAGE for unknown columns, FILE if it cannot write.
 */
export function emitRows(rows: RowSet, options: OutputOptions): void {
  const rendered = render(rows, options);
  const form = options.select === undefined && ESCAPING.has(options.format ?? "table") ? "json" : "plain";
  if (options.outputFile === undefined) writeOut(rendered, form);
  else writeFile(options.outputFile, rendered, form);
}

/** Formats that can write as an escape what a terminal or a CI system would obey. */
const ESCAPING: ReadonlySet<Format> = new Set(["json", "jsonl", "yaml"]);

/** The file may be a terminal, such as /dev/tty. */
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

function formatNamed(name: string): Format {
  const format = formats.find((known) => known === name);
  if (format !== undefined) return format;
  throw usageError(
    `--output: no format ${JSON.stringify(name)}; there are: ${formats.join(", ")}`,
    meant(name, formats),
  );
}

/** Undefined for an empty one. */
function tableFormat(style: string): Format | undefined {
  if (style === "") return undefined;
  const known: Readonly<Record<string, Format>> = { ascii: "table", markdown: "markdown", html: "html" };
  if (Object.hasOwn(known, style)) return known[style];
  const styles = Object.keys(known);
  const list = styles.join(", ");
  throw usageError(
    `--table-format: no table format ${JSON.stringify(style)}; there are: ${list}`,
    meant(style, styles),
  );
}

function meant(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

function sortKeys(text: string): SortKey[] {
  return names(text).map((name) => {
    const descending = name.startsWith("-");
    const column = descending ? name.slice(1) : name;
    if (column === "") throw usageError("--sort-by: a column is missing after the -");
    return { column, descending };
  });
}

function renames(text: string): Rename[] {
  return names(text).map((pair) => {
    const colon = pair.indexOf(":");
    const [from, to] = [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()];
    if (colon < 0 || from === "" || to === "") throw usageError(`--rename: ${JSON.stringify(pair)} is not old:new`);
    return { from, to };
  });
}

function separator(value: string): string {
  if ([...value].length === 1 && !/["\r\n]/.test(value)) return value;
  throw usageError(`--csv-separator: ${JSON.stringify(value)} is not one character other than a quote or line end`);
}

function count(value: string, flag: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw usageError(`--${flag}: ${JSON.stringify(value)} is not a whole number of 0 or more`);
}
