import path from "node:path";
import { usageError } from "../../errors.ts";
import { shortRunId } from "../../model/ids.ts";
import { REDACTED } from "../../model/redact/redacted.ts";
import type { RepeatableRun } from "../../report/last-results.ts";
import { type ParsedLine, parseLine } from "./parse.ts";
import { recordArgs } from "./record-args.ts";

/** Which steps of a plan, and where the run is: a run that repeats this one says it anew. */
const NOT_REPEATED = new Set(["db", "run-id", "failed", "from-failed", "from", "only", "dry-run"]);

/** The words after `record` that would start such a run again, without what chooses steps of it. */
export function repeatableWords({ flags, positionals, rest }: Omit<ParsedLine, "help">): string[] {
  const words: string[] = [];
  for (const [name, def] of Object.entries(recordArgs) as [string, { readonly default?: unknown }][]) {
    const value = flags[name];
    if (value === undefined || value === def.default || NOT_REPEATED.has(name)) continue;
    for (const one of Array.isArray(value) ? value : [value]) words.push(`--${name}=${one}`);
  }
  return [...words, ...positionals, ...(rest === undefined ? [] : ["--", ...rest])];
}

/**
 * The command line of an earlier run with what is given now: operands replace its operands, flags come after its flags.
 * `given` is what follows `record` now. Throws USAGE if that run cannot be repeated from here.
 */
export function repeatedLine(run: RepeatableRun, given: readonly string[]): ParsedLine {
  const named = `run ${shortRunId(run.runId)}`;
  if (run.words.some((word) => word.includes(REDACTED))) {
    throw usageError(
      `the words of ${named} hold a secret, which was not recorded`,
      "give its steps and flags again, with --only or --from",
    );
  }
  if (path.resolve(run.cwd) !== process.cwd()) {
    throw usageError(`${named} was started in ${run.cwd}`, "change to that directory first");
  }
  const before = parseLine("record", recordArgs, run.words);
  const now = parseLine("record", recordArgs, given);
  if (before.positionals.length === 0) {
    throw usageError(
      `${named} ran a harness, which chooses its steps itself`,
      "--failed and --from-failed are for steps that record runs",
    );
  }
  const positionals = now.positionals.length > 0 ? now.positionals : before.positionals;
  const rest = now.rest ?? before.rest;
  const words = [...run.words.slice(0, ownFlags(run.words)), ...given.slice(0, ownFlags(given))];
  const { flags } = parseLine("record", recordArgs, words);
  return { flags, positionals, rest, help: false };
}

/** How many words there are before `--`. */
function ownFlags(words: readonly string[]): number {
  const dashes = words.indexOf("--");
  return dashes < 0 ? words.length : dashes;
}
