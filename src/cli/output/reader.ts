import fs from "node:fs";
import { ciOf } from "../../model/ci.ts";

/** Who reads what we print on a descriptor, as far as it matters: what they would obey is not to reach them. */
export interface Reader {
  /** It obeys control sequences. */
  readonly isTerminal: boolean;
  /** The CI system that looks for commands in what comes by; null is none. */
  readonly ci: string | null;
}

/** Takes bytes for what they are. */
export const PROGRAM: Reader = { isTerminal: false, ci: null };

/**
 * A terminal is asked for; a file keeps bytes as they are. Within a CI job everything else may be the way to the job's
 * console, a pipe as well: nothing tells whether `cat` or `jq` reads it. With SCENARIOLOG_CI_COMMANDS=keep the user
 * trusts what their steps print.
 */
export function readerOf(fd: number): Reader {
  const stat = statOf(fd);
  if (stat === undefined || stat.isFile()) return PROGRAM;
  const { env } = process;
  return {
    // Not imported at the top: it takes 5 ms.
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
