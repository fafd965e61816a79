import { exitCode } from "../errors.ts";

/** How a process ended. */
export type Exit =
  | { readonly kind: "code"; readonly code: number }
  /** Died of a signal; `name` is `SIGTERM`, or `SIG34` for one without a name. */
  | { readonly kind: "signal"; readonly signal: number; readonly name: string }
  /** Never ran: not found (127), or found but not executable (126). `reason` is one line. */
  | { readonly kind: "not-started"; readonly code: 126 | 127; readonly reason: string; readonly hint?: string };

/** The code a shell would show: the process's own, 128+n for signal n, 126 or 127 where it did not start. */
export function codeOf(exit: Exit): number {
  return exit.kind === "signal" ? exitCode.signalBase + exit.signal : exit.code;
}
