/** A place in a source file, as a program's output names it. */
export interface PrintedFrame {
  /** As printed: relative to wherever the program ran, or absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly function: string | null;
}

/**
 * What kind of program speaks. A test runner names the test that failed; a stack trace ends a program; a compiler goes on
 * after its first error; a shell complains and may go on; a tool only repeats that something below it failed.
 */
export type PrintedKind = "test" | "stack" | "compiler" | "shell" | "tool";

/** A failure that a program's output describes. */
export interface PrintedFailure {
  readonly kind: PrintedKind;
  /** The index of the line that names it. */
  readonly index: number;
  /** What went wrong, in one line; null if the output does not say. */
  readonly message: string | null;
  /** Innermost first; empty if the output names no place. */
  readonly frames: readonly PrintedFrame[];
}

/** A reader of one family of output formats. Lines carry no control sequences. */
export type Dialect = (lines: readonly string[]) => PrintedFailure[];

/** Longer lines are data, not diagnostics; the cap also bounds what a pattern can cost. */
const LONGEST_LINE = 2000;

/** The match of a pattern at the beginning of a line's first 2,000 characters; null if there is none. */
export function matchLine(pattern: RegExp, line: string | undefined): RegExpExecArray | null {
  return line === undefined ? null : pattern.exec(line.length > LONGEST_LINE ? line.slice(0, LONGEST_LINE) : line);
}

/** `file:///x` as a path; an absent function is null. */
export function frameOf(file: string, line: string | number, name?: string | null): PrintedFrame {
  return { file: file.replace(/^file:\/\//, ""), line: Number(line), function: name || null };
}
