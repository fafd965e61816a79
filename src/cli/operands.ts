import { usageError } from "../errors.ts";
import { seeHelp } from "./parse.ts";
import type { Invocation } from "./verb.ts";

/** Refuses arguments that are no flags: a forgotten flag name must not pass silently. */
export function noOperands(verb: string, { positionals, rest }: Invocation): void {
  const extra = [...positionals, ...(rest ?? [])];
  if (extra.length === 0) return;
  throw usageError(`${verb} takes no argument ${JSON.stringify(extra[0])}`, seeHelp(verb));
}
