import fs from "node:fs";
import { ciOf } from "../../model/ci.ts";

/** The reader of a descriptor: nothing that it would obey may reach it. */
export interface Reader {
  /** It obeys control sequences. */
  readonly isTerminal: boolean;
  /** The CI system that looks for commands in the output; null if there is none. */
  readonly ci: string | null;
}

/** A reader that obeys nothing. */
export const PROGRAM: Reader = { isTerminal: false, ci: null };

/**
 * The kernel says whether a descriptor is a terminal; a file keeps bytes as they are. Within a CI job everything else may
 * lead to the job's console, a pipe as well: nothing tells whether `cat` or `jq` reads it. SCENARIOLOG_CI_COMMANDS=keep
 * says that the user trusts the output of their steps.
 */
export function readerOf(fd: number): Reader {
  const stat = statOf(fd);
  if (stat === undefined || stat.isFile()) return PROGRAM;
  const { env } = process;
  return {
    // An import at the top would cost 5 ms.
    isTerminal: stat.isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(fd),
    ci: env.SCENARIOLOG_CI_COMMANDS === "keep" ? null : (ciOf(env)?.provider ?? null),
  };
}

/** Whether a descriptor is open, and on a terminal. */
export function isTerminal(fd: number): boolean {
  return statOf(fd)?.isCharacterDevice() === true && process.getBuiltinModule("node:tty").isatty(fd);
}

function statOf(fd: number): fs.Stats | undefined {
  try {
    return fs.fstatSync(fd);
  } catch {
    return undefined;
  }
}
