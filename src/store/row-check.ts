import { ScenariologError } from "../errors.ts";

/** No name, path, id or time is longer than one argument of a program (MAX_ARG_STRLEN of Linux). */
const LONGEST_NAME = 128 << 10;
/** A command line with all its arguments, as JSON. */
const LONGEST_TEXT = 16 << 20;

type Check = (value: unknown) => string | null;

const name = text(LONGEST_NAME);
const long = text(LONGEST_TEXT);
const count = integer(0);
const whole = integer(Number.MIN_SAFE_INTEGER);

/** By column, whatever the table is. Columns that are not listed are computed by this program's own statements. */
const CHECKS = new Map<string, Check>();
for (const [check, columns] of [
  [
    name,
    "run_id step_id command_id root_dir suite started_at completed_at created_at step_name script_path " +
      "argv0 cwd k kind dir said mark path sha256 state file function reason file_id boot_id pid_namespace recorder_start",
  ],
  [long, "argv_json v text recorder"],
  [whole, "exit_code artifact_id rowid recorder_pid first_rowid last_rowid is_text"],
  [count, "step_num command_num attempt duration_ms size_bytes line_num line lines bytes"],
] as const) {
  for (const column of columns.split(" ")) CHECKS.set(column, check);
}

/**
 * Throws DAMAGED for a row with a value that no recorder writes: a BLOB for a path, text for a number, a name of megabytes.
 * A database may come from anyone, and the rest of the program relies on these types.
 */
export function checkRow<T>(row: T, database: string): T {
  for (const column in row) {
    const value = row[column];
    if (value === null) continue;
    const problem = CHECKS.get(column)?.(value) ?? null;
    if (problem === null) continue;
    throw new ScenariologError(
      "DAMAGED",
      `database ${database} has ${problem} as ${column}, which no recorder writes`,
      {
        hint: "it is damaged, or was made by hand; look at it with sqlite3",
      },
    );
  }
  return row;
}

/** Checks rows while it reads them, so that nothing after the first bad one is read into memory. */
export function checkedRows<T>(rows: Iterable<T>, database: string): T[] {
  const checked: T[] = [];
  for (const row of rows) checked.push(checkRow(row, database));
  return checked;
}

function text(longest: number): Check {
  return (value) => {
    if (typeof value !== "string") return kindOf(value);
    return value.length > longest ? `${value.length} characters` : null;
  };
}

function integer(least: number): Check {
  return (value) => {
    if (typeof value !== "number") return kindOf(value);
    if (!Number.isSafeInteger(value)) return `the number ${value}`;
    return value < least ? `the negative number ${value}` : null;
  };
}

function kindOf(value: unknown): string {
  if (value instanceof Uint8Array) return `a BLOB of ${value.length} bytes`;
  return typeof value === "number" ? `the number ${value}` : "text";
}
