import fs from "node:fs";
import path from "node:path";
import { usageError } from "../../errors.ts";
import { fromEnv, VARIABLES } from "../../model/step-environment.ts";
import { seeHelp } from "./parse.ts";

/** Flags that may come from the environment, as `exec` hands them to the scripts inside a step. */
const INHERITED = { db: "database", "run-id": "runId", "root-dir": "rootDir", "log-dir": "logDir" } as const;

/** The flag's value, else the environment's. An empty value counts as given in a flag only. Throws USAGE. */
export function required(verb: string, args: Readonly<Record<string, unknown>>, flag: keyof typeof INHERITED): string {
  const given = args[flag];
  if (typeof given === "string") return given;
  const inherited = flag === "run-id" ? inheritedRunId(args) : fromEnv()[INHERITED[flag]];
  if (inherited) return inherited;
  throw usageError(
    `required flag --${flag} not given`,
    `give it, or set ${VARIABLES[INHERITED[flag]]}; ${seeHelp(verb)}`,
  );
}

/**
 * For a verb that starts a run of its own: what the environment says counts when the user said it, not when it is what a
 * recorder told the step that we are in. Undefined when neither the flag nor the environment has a value.
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

/** A flag that the environment does not stand in for. */
export function requiredFlag(verb: string, args: Readonly<Record<string, unknown>>, flag: string): string {
  const given = args[flag];
  if (typeof given === "string") return given;
  throw usageError(`required flag --${flag} not given`, seeHelp(verb));
}

/**
 * A run id belongs to its database: inside a step, a call that names another database does not mean this run.
 * Undefined when the environment has none, or one of another database.
 */
export function inheritedRunId(args: Readonly<Record<string, unknown>>): string | undefined {
  const { database, runId } = fromEnv();
  const given = args.db;
  if (typeof given === "string" && database !== undefined && !isSameFile(given, database)) return undefined;
  return runId;
}

/** By any name: through a link, or relative. */
function isSameFile(one: string, other: string): boolean {
  if (path.resolve(one) === path.resolve(other)) return true;
  const [a, b] = [statOf(one), statOf(other)];
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Undefined for whatever cannot be looked at: the opening will say why. */
function statOf(file: string): fs.BigIntStats | undefined {
  try {
    return fs.statSync(file, { bigint: true });
  } catch {
    return undefined;
  }
}
