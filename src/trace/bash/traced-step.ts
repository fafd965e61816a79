import type { TraceEntry } from "./entries.ts";

/** What a step's trace and its output tell. */
export interface TracedStep {
  /** In the order in which they were written. */
  readonly entries: readonly TraceEntry[];
  /** The process of the shell that runs the script. */
  readonly mainPid: number;
  readonly code: number;
  readonly pipefail: boolean;
  /** The end of what the step printed on stderr. */
  readonly stderrTail: string;
  /** A line of a script as bash names it; null where it cannot be read. */
  readonly sourceLine: (file: string, line: number) => string | null;
}

/** A command that a trace or a diagnostic names. */
export interface FoundCommand {
  /** As bash names it; "" for `bash -c`. */
  readonly file: string;
  readonly line: number;
  readonly function: string | null;
  readonly text: string;
  /** Its entry; null if bash gave up before it ran the command. */
  readonly entry: TraceEntry | null;
}
