import { usageError } from "../errors.ts";
import { nearest } from "../model/nearest.ts";
import type { Cell, RowSet } from "../model/rows.ts";
import { parseTime } from "../model/time.ts";

/**
 * Which rows and columns of a report are shown. The order is fixed, whatever the order on the command line:
 *
 *   1. sortBy            on all columns, so one can sort by a column that is then dropped
 *   2. skip, limit       so "the three slowest" is sortBy and limit
 *   3. fields, filter    keep (and order), then drop
 *   4. sortColumns, reorderColumns
 *   5. rename            last: every option names columns as the report does
 */
export interface Shape {
  readonly sortBy?: readonly SortKey[];
  readonly skip?: number;
  /** 0 or absent: all rows. */
  readonly limit?: number;
  /** Keep these, in this order. Empty: all. A name given twice counts once. */
  readonly fields?: readonly string[];
  readonly filter?: readonly string[];
  readonly sortColumns?: boolean;
  readonly reorderColumns?: readonly string[];
  readonly rename?: readonly Rename[];
}

export interface SortKey {
  readonly column: string;
  readonly descending: boolean;
}

export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Throws USAGE for an unknown column, when no column is left, and when two columns get the same name. */
export function shapeRows(input: RowSet, shape: Shape): RowSet {
  const { kept, columns } = shownColumns(input.columns, shape);
  const indexes = kept.map((name) => input.columns.indexOf(name));
  const rows = shownRows(input, shape).map((row) => indexes.map((index) => row[index] ?? null));
  return { columns, rows };
}

/**
 * The cells of one column in the rows that are shown: of any column of the report, also one that `fields` or
 * `filter` drop. A name that the report does not have may be the new name of a `rename`. Throws USAGE for others, and
 * whatever `shapeRows` throws.
 */
export function cellsOf(input: RowSet, shape: Shape, column: string): Cell[] {
  const renamed = shape.rename?.findLast((rename) => rename.to === column)?.from;
  shownColumns(input.columns, shape);
  const name = input.columns.includes(column) ? column : (renamed ?? column);
  const index = columnIndex(input.columns, name, "--select");
  return shownRows(input, shape).map((row) => row[index] ?? null);
}

/** `kept` are the report's own names, `columns` what they are shown as. */
function shownColumns(all: readonly string[], shape: Shape): { kept: string[]; columns: string[] } {
  const kept = keptColumns(all, shape);
  return { kept, columns: renamedColumns(all, kept, shape.rename ?? []) };
}

function keptColumns(columns: readonly string[], shape: Shape): string[] {
  const known = (names: readonly string[] = [], flag: string) => {
    for (const name of names) columnIndex(columns, name, flag);
    return [...new Set(names)];
  };
  const fields = known(shape.fields, "--fields");
  const dropped = known(shape.filter, "--filter");
  const front = known(shape.reorderColumns, "--reorder-columns");

  const kept = (fields.length > 0 ? fields : [...columns]).filter((name) => !dropped.includes(name));
  if (kept.length === 0) throw usageError("--filter drops every column", columnList(columns));
  if (shape.sortColumns) kept.sort(byCodeUnit);
  const first = front.filter((name) => kept.includes(name));
  return [...first, ...kept.filter((name) => !first.includes(name))];
}

function renamedColumns(columns: readonly string[], kept: readonly string[], renames: readonly Rename[]): string[] {
  const newNames = new Map<string, string>();
  for (const { from, to } of renames) {
    columnIndex(columns, from, "--rename");
    newNames.set(from, to);
  }
  const names = kept.map((name) => newNames.get(name) ?? name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`--rename gives two columns the name ${JSON.stringify(twice)}`);
  return names;
}

function shownRows(input: RowSet, shape: Shape): readonly (readonly Cell[])[] {
  const skip = shape.skip ?? 0;
  const end = shape.limit ? skip + shape.limit : undefined;
  return sortedRows(input, shape.sortBy ?? []).slice(skip, end);
}

/** The sort is stable. Each cell is made comparable once, and not at each comparison. */
function sortedRows(input: RowSet, sortBy: readonly SortKey[]): readonly (readonly Cell[])[] {
  if (sortBy.length === 0) return input.rows;
  const indexes = sortBy.map(({ column }) => columnIndex(input.columns, column, "--sort-by"));
  const keyed = input.rows.map((row) => ({ row, keys: indexes.map((index) => comparable(row[index] ?? null)) }));
  keyed.sort((left, right) => {
    for (const [position, { descending }] of sortBy.entries()) {
      const order = compare(left.keys[position]!, right.keys[position]!);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
  return keyed.map(({ row }) => row);
}

interface Comparable {
  readonly rank: number;
  readonly value: bigint | number | string;
}

/** null, then booleans, numbers, times, other text. Times by instant: their text does not sort when its fraction is trimmed. */
function comparable(cell: Cell): Comparable {
  if (cell === null) return { rank: 0, value: 0 };
  if (typeof cell === "boolean") return { rank: 1, value: Number(cell) };
  if (typeof cell === "number") return { rank: 2, value: cell };
  const instant = parseTime(cell);
  return instant === null ? { rank: 4, value: cell } : { rank: 3, value: instant };
}

function compare(left: Comparable, right: Comparable): number {
  if (left.rank !== right.rank) return left.rank - right.rank;
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
}

/** Not localeCompare: the same order on every machine. */
function byCodeUnit(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function columnIndex(columns: readonly string[], name: string, flag: string): number {
  const index = columns.indexOf(name);
  if (index >= 0) return index;
  const near = nearest(name, columns);
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  throw usageError(`${flag}: no column ${JSON.stringify(name)}; ${columnList(columns)}`, hint);
}

function columnList(columns: readonly string[]): string {
  return `the columns are: ${columns.join(", ")}`;
}
