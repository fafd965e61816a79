import { ratioOf, type Stats, statsOf } from "./samples.ts";

export type Unit = "ms" | "bytes";

/** The target of a figure: its median, or that of its ratios, must be at most this. */
export interface Target {
  readonly of: "value" | "ratio";
  readonly atMost: number;
}

/** One line of the table: what was measured, and against what. */
export interface Result {
  readonly section: string;
  readonly name: string;
  readonly unit: Unit;
  readonly rounds: number;
  readonly value: Stats;
  /** A lower bound or the usual alternative; its rounds alternated with those of the value. */
  readonly against?: { readonly name: string; readonly value: Stats; readonly ratio: Stats };
  readonly target?: Target & { readonly met: boolean };
}

export interface Measured {
  readonly name: string;
  readonly unit?: Unit;
  readonly samples: readonly number[];
  readonly against?: { readonly name: string; readonly samples: readonly number[] };
  readonly target?: Target;
}

export function resultOf(section: string, measured: Measured): Result {
  const { name, unit = "ms", samples, against, target } = measured;
  const value = statsOf(samples);
  const ratio = against && ratioOf(samples, against.samples);
  const judged = target?.of === "ratio" ? ratio! : value;
  return {
    section,
    name,
    unit,
    rounds: samples.length,
    value,
    ...(against && { against: { name: against.name, value: statsOf(against.samples), ratio: ratio! } }),
    ...(target && { target: { ...target, met: judged.median <= target.atMost } }),
  };
}

/** From this spread on, a `~` marks the row as noisy. */
const NOISY_SPREAD = 0.25;

export function isNoisy({ value, against }: Result): boolean {
  return (against?.ratio ?? value).spread > NOISY_SPREAD;
}

const HEADER = ["", "median", "min..max", "against", "its median", "ratio", "min..max", "target", ""];

/** The results as an aligned table, a heading for each section. */
export function tableOf(results: readonly Result[]): string {
  const rows = results.map((result, i) => cellsOf(result, results[i - 1]));
  const widths = HEADER.map((title, i) =>
    Math.max(...[title, ...rows.map((row) => row[i]!)].map((cell) => Bun.stringWidth(cell))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (isText(i) ? padEnd(cell, widths[i]!) : padStart(cell, widths[i]!)))
      .join("  ")
      .trimEnd();
  const lines: string[] = [line(HEADER)];
  for (const [i, result] of results.entries()) {
    if (result.section !== results[i - 1]?.section) lines.push("", result.section);
    lines.push(line(rows[i]!));
  }
  return `${lines.join("\n")}\n`;
}

/** A second row about the same thing names only what it is measured against. */
function cellsOf(result: Result, above: Result | undefined): string[] {
  const { section, name, unit, value, against, target } = result;
  const isMore = above?.section === section && above.name === name;
  const shown = (amount: number) => readable(amount, unit);
  const range = ({ min, max }: Stats, show: (amount: number) => string) =>
    min === max ? "" : `${show(min)}..${show(max)}`;
  return [
    isMore ? "" : `  ${name}`,
    isMore ? "" : shown(value.median),
    isMore ? "" : range(value, shown),
    against?.name ?? "",
    against ? shown(against.value.median) : "",
    against ? times(against.ratio.median) : "",
    against ? range(against.ratio, times) : "",
    target ? `<= ${target.of === "ratio" ? times(target.atMost) : shown(target.atMost)}` : "",
    [target && (target.met ? "met" : "MISSED"), isNoisy(result) && "~"].filter(Boolean).join(" "),
  ];
}

function readable(amount: number, unit: Unit): string {
  if (unit === "bytes") return `${significant(amount / 1e6)} MB`;
  return Math.abs(amount) < 1000 ? `${significant(amount)} ms` : `${significant(amount / 1000)} s`;
}

function times(ratio: number): string {
  return `${significant(ratio)} x`;
}

/** Three digits: no measurement here is more exact. */
function significant(amount: number): string {
  const digits = amount === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(amount))));
  return amount.toFixed(Math.min(digits, 3));
}

function isText(column: number): boolean {
  return column === 0 || column === 3 || column === 8;
}

function padEnd(text: string, width: number): string {
  return text + " ".repeat(width - Bun.stringWidth(text));
}

function padStart(text: string, width: number): string {
  return " ".repeat(width - Bun.stringWidth(text)) + text;
}
