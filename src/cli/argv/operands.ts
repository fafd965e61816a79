import { usageError } from "../../errors.ts";
import type { Invocation } from "../verb.ts";
import { seeHelp } from "./parse.ts";

/** Refuses arguments that are no flags: a forgotten flag name must not pass silently. */
export function noOperands(verb: string, { positionals, rest }: Invocation): void {
  const extra = [...positionals, ...(rest ?? [])];
  if (extra.length === 0) return;
  throw usageError(`${verb} takes no argument ${JSON.stringify(extra[0])}`, seeHelp(verb));
}

/** The run that a report is about: `steps RUN` or `steps --run-id RUN`; the latest where neither is given. Throws USAGE. */
export function runOperand(verb: string, flag: string | undefined, { positionals, rest }: Invocation): string {
  const [run, ...extra] = positionals;
  noOperands(verb, { positionals: extra, rest, flags: {} });
  if (run !== undefined && flag !== undefined) {
    throw usageError(`${verb} takes one run: ${JSON.stringify(run)} or --run-id`, seeHelp(verb));
  }
  return run || flag || "latest";
}
