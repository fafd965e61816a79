import type { Cell, RowSet } from "../../model/rows.ts";
import { parseTime } from "../../model/time.ts";
import { type ColumnView, columnView } from "./columns.ts";
import { cutEnd, cutMiddle } from "./cut.ts";
import { humanDuration } from "./human.ts";

export interface TerminalOptions {
  /** Of the terminal. */
  readonly columns: number;
  readonly colours: boolean;
  /** Epoch, in ms: times are shown as seen from then. */
  readonly nowMs: number;
  /** Internal ids are shown as well: the user has named the columns. */
  readonly allColumns?: boolean;
}

/** Between two columns. */
const GAP = "  ";
/** Less of a text says nothing. */
const NARROWEST = 8;

/** The rows of a report for a person: no rules, no internal ids, human figures, and never wider than the terminal. */
export function terminalTable(rowSet: RowSet, options: TerminalOptions): string {
  const { columns, rows } = rowSet;
  const status = columns.indexOf("status");
  const shown = chosenColumns(shownColumns(rowSet, options), options);
  const widths = fittedWidths(shown, options.columns);
  const line = (cells: readonly string[], paint: (text: string, column: number) => string) =>
    cells
      .map((cell, i) => {
        const { view } = shown[i]!;
        const cut = view.fits === "middle" ? cutMiddle(cell, widths[i]!) : cutEnd(cell, widths[i]!);
        const padding = " ".repeat(Math.max(0, widths[i]! - Bun.stringWidth(cut)));
        const painted = paint(cut, i);
        return view.align === "right" ? padding + painted : i === cells.length - 1 ? painted : painted + padding;
      })
      .join(GAP)
      .trimEnd();
  const head = line(
    shown.map(({ view }) => view.heading),
    (text) => coloured(text, "dim", options),
  );
  const body = rows.map((row, r) => {
    const colour = status < 0 ? null : colourOf(row[status]!);
    return line(
      shown.map(({ cells }) => cells[r]!),
      (text, i) =>
        colour === null || !["status", "name", "run"].includes(shown[i]!.view.heading)
          ? text
          : coloured(text, colour, options),
    );
  });
  return `${[head, ...body].join("\n")}\n`;
}

/** One row as lines, a value each: for a report that answers with one row of many columns. A value that is usual is left out. */
export function terminalLines({ columns, rows }: RowSet, options: TerminalOptions): string {
  const [row] = rows;
  if (!row) return "";
  const lines = columns.flatMap((name, i) => {
    const view = columnView(name, options.allColumns);
    const text = view?.show(row[i] ?? null, options.nowMs) ?? "";
    const isUsual = /^(?:interrupted|running|flaky|skipped|not_run)_steps$/.test(name) && row[i] === 0;
    return view === null || text === "" || isUsual ? [] : [{ heading: view.heading, text, name }];
  });
  const width = Math.max(...lines.map(({ heading }) => heading.length), 0);
  const colour = colourOf(row[columns.indexOf("status")] ?? null);
  return lines
    .map(({ heading, text, name }) => {
      const cut = cutEnd(text, options.columns - width - GAP.length);
      const painted = name === "status" && colour ? coloured(cut, colour, options) : cut;
      return `${coloured(heading.padEnd(width), "dim", options)}${GAP}${painted}\n`;
    })
    .join("");
}

/** A step or run that has no end yet: how long it has been going on. */
function runningFor(start: Cell, nowMs: number): string {
  const at = parseTime(typeof start === "string" ? start : null);
  return at === null ? "" : `${humanDuration(Math.max(0, nowMs - Number(at / 1_000_000n)))}…`;
}

interface Shown {
  readonly name: string;
  readonly view: ColumnView;
  readonly cells: readonly string[];
}

function shownColumns({ columns, rows }: RowSet, options: TerminalOptions): Shown[] {
  const [status, start] = [columns.indexOf("status"), columns.indexOf("started_at")];
  const isRunning = (row: readonly Cell[]) => start >= 0 && row[status] === "running";
  return columns.flatMap((name, at) => {
    const view = columnView(name, options.allColumns);
    if (view === null) return [];
    const cells = rows.map((row) =>
      name === "duration_ms" && row[at] === null && isRunning(row)
        ? runningFor(row[start] ?? null, options.nowMs)
        : view.show(row[at] ?? null, options.nowMs),
    );
    const isShown =
      options.allColumns || rows.length === 0 || rows.some((row, r) => cells[r] !== "" && !isUsual(name, row[at]));
    return isShown ? [{ name, view, cells }] : [];
  });
}

/** Columns that are shown only if a row differs from the usual. */
const USUALLY: Readonly<Record<string, number>> = { flaky: 0, interrupted: 0, skipped: 0, not_run: 0, attempts: 1 };

function isUsual(name: string, cell: Cell | undefined): boolean {
  const usual = USUALLY[name];
  return usual !== undefined && Number(cell) <= usual;
}

/** What a person can do without if the terminal is narrow: the first of these goes first. Each is in `--output`. */
const LEAST_WANTED = [
  ...["sys_ms", "user_ms", "max_rss_bytes", "stderr_path", "stdout_path", "failed_caller_command"],
  ...["failed_caller_line", "failed_caller_file", "stderr_bytes", "stdout_bytes", "interrupted", "skipped", "not_run"],
  ...["exit_code", "attempts", "flaky", "tags", "suite"],
];
/** A flexible column that gets less is hard to read. */
const COMFORTABLE = 14;

/** Those that fit the terminal with enough width for each. Columns that the user has named all stay. */
function chosenColumns(shown: readonly Shown[], options: TerminalOptions): readonly Shown[] {
  let kept = shown;
  for (const name of options.allColumns ? [] : LEAST_WANTED) {
    const least = naturalWidths(kept).map((width, i) =>
      kept[i]!.view.fits === "fixed" ? width : Math.min(width, COMFORTABLE),
    );
    if (sum(least) <= options.columns) break;
    kept = kept.filter((column) => column.name !== name);
  }
  return kept;
}

function naturalWidths(shown: readonly Shown[]): number[] {
  return shown.map(({ view, cells }) =>
    Math.max(Bun.stringWidth(view.heading), ...cells.map((cell) => Bun.stringWidth(cell))),
  );
}

/** Of a line with columns of these widths. */
function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}

/** If it is too wide, the widest flexible column gives way first, and again, down to a width that still says something. */
function fittedWidths(shown: readonly Shown[], columns: number): number[] {
  const widths = naturalWidths(shown);
  for (let excess = sum(widths) - columns; excess > 0; excess = sum(widths) - columns) {
    const flexible = shown.flatMap(({ view }, i) => (view.fits !== "fixed" && widths[i]! > NARROWEST ? [i] : []));
    if (flexible.length === 0) break;
    const widest = flexible.reduce((a, b) => (widths[b]! > widths[a]! ? b : a));
    const second = Math.max(NARROWEST, ...flexible.filter((i) => i !== widest).map((i) => widths[i]!));
    const down = Math.max(second - (widths[widest]! > second ? 0 : 1), widths[widest]! - excess, NARROWEST);
    widths[widest] = Math.min(widths[widest]! - 1, down);
  }
  return widths;
}

export type Colour = "red" | "yellow" | "dim" | "bold" | "hit";
const CODES: Readonly<Record<Colour, string>> = { red: "31", yellow: "33", dim: "2", bold: "1", hit: "1;31" };

export function coloured(text: string, colour: Colour, { colours }: TerminalOptions): string {
  return colours && text !== "" ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

/** A failure stands out; a pass stays calm. */
export function colourOf(status: Cell): Colour | null {
  if (status === "failed") return "red";
  if (["interrupted", "partial", "running", "not run", "skipped"].includes(String(status))) return "yellow";
  return null;
}
