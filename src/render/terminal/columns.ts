import type { Cell } from "../../model/rows.ts";
import { parseTime } from "../../model/time.ts";
import { cellText, visible } from "../text.ts";
import { humanBytes, humanDuration, humanTime } from "./human.ts";

/** How a column of a report is shown to a person. */
export interface ColumnView {
  readonly heading: string;
  readonly align: "left" | "right";
  /** How a cell is cut if the width does not suffice; a `fixed` one is not. */
  readonly fits: "fixed" | "end" | "middle";
  readonly show: (cell: Cell, nowMs: number) => string;
}

/** Internal ids, and values that are the same in every row: a person sees the run once, above. */
const HIDDEN = new Set([
  ...["run_id", "step_id", "artifact_id", "command_id", "root_dir", "sha256", "is_text"],
  ...["fts_enabled", "line_end", "db_user_version"],
]);

const text = (heading: string, fits: ColumnView["fits"] = "end"): ColumnView => ({
  heading,
  align: "left",
  fits,
  show: (cell) => visible(cellText(cell)),
});
const right = (heading: string, show: ColumnView["show"]): ColumnView => ({
  heading,
  align: "right",
  fits: "fixed",
  show,
});
const number = (heading: string) => right(heading, (cell) => visible(cellText(cell)));

/** By the names that the reports give their columns. */
const KNOWN: Readonly<Record<string, ColumnView>> = {
  step_num: right("step", (cell) => (cell === null ? "" : visible(String(cell)).padStart(2, "0"))),
  step_name: text("name"),
  exit_code: number("exit"),
  line_num: number("line"),
  stdout_bytes: right("stdout", (cell) => humanBytes(numeric(cell))),
  stderr_bytes: right("stderr", (cell) => humanBytes(numeric(cell))),
  total_steps: number("steps"),
  failed_steps: number("failed"),
  interrupted_steps: number("interrupted"),
  running_steps: number("running"),
  flaky_steps: number("flaky"),
  skipped_steps: number("skipped"),
  not_run_steps: number("not run"),
  started_at: text("started", "fixed"),
  stderr_path: text("stderr", "middle"),
  stdout_path: text("stdout", "middle"),
  failed_file: text("file", "middle"),
  failed_line: number("line"),
  failed_command: text("command"),
  failed_caller_file: text("called from", "middle"),
  failed_caller_line: number("line"),
  failed_caller_command: text("call"),
  kind: text("kind", "fixed"),
  status: text("status", "fixed"),
  run: text("run", "fixed"),
  text: text("text"),
};

/** Null for a column that a person is not shown, unless they have asked for it by name. */
export function columnView(name: string, all = false): ColumnView | null {
  if (HIDDEN.has(name) && !all) return null;
  if (/_at$/.test(name)) return { ...(KNOWN[name] ?? text(heading(name), "fixed")), show: time };
  const known = KNOWN[name];
  if (known) return known;
  if (/_ms$/.test(name)) return right(durationHeading(name), (cell) => humanDuration(numeric(cell)));
  if (/_bytes$/.test(name)) return right(heading(name.replace(/_bytes$/, "")), (cell) => humanBytes(numeric(cell)));
  if (/path|file|dir$/.test(name)) return text(heading(name), "middle");
  if (/^(?:steps|failed|interrupted|flaky|attempts?|passed|skipped|not_run|n|lines?|count)$/.test(name))
    return number(heading(name));
  return text(heading(name));
}

function durationHeading(name: string): string {
  return name === "duration_ms" ? "took" : heading(name.replace(/_ms$/, ""));
}

function heading(name: string): string {
  return name.replaceAll("_", " ");
}

function numeric(cell: Cell): number | null {
  return typeof cell === "number" ? cell : null;
}

function time(cell: Cell, nowMs: number): string {
  const at = parseTime(typeof cell === "string" ? cell : null);
  return at === null ? visible(cellText(cell)) : humanTime(Number(at / 1_000_000n), nowMs);
}
