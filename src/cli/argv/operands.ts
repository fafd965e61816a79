import { usageError } from "../../errors.ts";
import type { Invocation } from "../verb.ts";
import { inheritedRunId } from "./context.ts";
import { seeHelp } from "./parse.ts";

/** Refuses arguments that are no flags: a forgotten flag name must not pass silently. */
export function noOperands(verb: string, { positionals, rest }: Omit<Invocation, "flags"> & Partial<Invocation>): void {
  const extra = [...positionals, ...(rest ?? [])];
  if (extra.length === 0) return;
  throw usageError(`${verb} takes no argument ${JSON.stringify(extra[0])}`, seeHelp(verb));
}

/**
 * The run that a report is about, the same for every verb that asks: `steps RUN`, else `steps --run-id RUN`, else
 * SCENARIOLOG_RUN_ID, else the latest. The environment counts for all of them, because inside a step, and in a harness that
 * exports the id that `run start` printed, it names the caller's own run, while in a shared database `latest` may be somebody
 * else's. An empty RUN is given and names no run: findRun refuses it, so that a failed `RUN_ID=$(…)` does not show another run.
 * Throws USAGE for two runs.
 */
export function runOperand(verb: string, flag: string | undefined, { positionals, rest, flags }: Invocation): string {
  const [run, ...extra] = positionals;
  noOperands(verb, { positionals: extra, rest });
  if (run !== undefined && flag !== undefined) {
    throw usageError(`${verb} takes one run: ${JSON.stringify(run)} or --run-id`, seeHelp(verb));
  }
  return run ?? flag ?? inheritedRunId(flags) ?? "latest";
}
