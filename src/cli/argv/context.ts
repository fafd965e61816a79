import fs from "node:fs";
import path from "node:path";
import { usageError } from "../../errors.ts";
import { fromEnv, VARIABLES } from "../../model/step-environment.ts";
import { DATABASE_NAME, findDatabase } from "./find-database.ts";
import { seeHelp } from "./parse.ts";

/** Flags that may come from the environment, as `exec` hands them to the scripts inside a step. */
const INHERITED = { db: "database", "run-id": "runId", "root-dir": "rootDir", "log-dir": "logDir" } as const;

/** Verbs that a harness calls with --db: the caller names the file that they write to, and they never search for one. */
const TOLD_THE_DATABASE = new Set(["init", "run start", "run end", "exec"]);

/**
 * The flag's value, else the environment's; of the database also the nearest one here or above (see find-database.ts).
 * An empty value counts as given in a flag only. Throws USAGE.
 */
export function required(verb: string, args: Readonly<Record<string, unknown>>, flag: keyof typeof INHERITED): string {
  const given = args[flag];
  if (typeof given === "string") return given;
  const inherited = flag === "run-id" ? inheritedRunId(args) : fromEnv()[INHERITED[flag]];
  if (inherited) return inherited;
  if (flag === "db" && !TOLD_THE_DATABASE.has(verb)) {
    const found = findDatabase(process.cwd());
    if (found !== null) return found;
    throw usageError(
      `no --db is given, and there is no ${DATABASE_NAME} here or above`,
      `scenariolog record makes one; else give --db, or set SCENARIOLOG_DB; ${seeHelp(verb)}`,
    );
  }
  const variable = VARIABLES[INHERITED[flag]];
  throw usageError(`required flag --${flag} not given`, `give it, or set ${variable}; ${seeHelp(verb)}`);
}

/**
 * For a verb that starts its own run: the environment counts if the user set it, but not if the recorder of the step
 * around us did. Undefined if neither the flag nor the environment has a value.
 */
export function optional(
  args: Readonly<Record<string, unknown>>,
  flag: "db" | "root-dir" | "log-dir",
): string | undefined {
  const given = args[flag];
  if (typeof given === "string") return given;
  const inherited = fromEnv();
  return inherited.runId === undefined ? inherited[INHERITED[flag]] : undefined;
}

/** A flag that no variable stands in for. */
export function requiredFlag(verb: string, args: Readonly<Record<string, unknown>>, flag: string): string {
  const given = args[flag];
  if (typeof given === "string") return given;
  throw usageError(`required flag --${flag} not given`, seeHelp(verb));
}

/**
 * A run id belongs to its database: inside a step, a call that names another database does not mean this run.
 * Undefined if the environment has none, or if it belongs to another database.
 */
export function inheritedRunId(args: Readonly<Record<string, unknown>>): string | undefined {
  const { database, runId } = fromEnv();
  const given = args.db;
  if (typeof given === "string" && database !== undefined && !isSameFile(given, database)) return undefined;
  return runId;
}

/** Whatever name each path uses: a link, a relative path. */
function isSameFile(one: string, other: string): boolean {
  if (path.resolve(one) === path.resolve(other)) return true;
  const [a, b] = [statOf(one), statOf(other)];
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Undefined if the file cannot be examined: opening it says why. */
function statOf(file: string): fs.BigIntStats | undefined {
  try {
    return fs.statSync(file, { bigint: true });
  } catch {
    return undefined;
  }
}
