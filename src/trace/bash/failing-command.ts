import { callersOf } from "./callers.ts";
import { functionOf, type TraceEntry } from "./entries.ts";
import { whereBashGaveUp } from "./given-up.ts";
import { type Guard, guardOf } from "./guard.ts";
import { lastCommand } from "./last-command.ts";
import { firstLine, wholePipeline } from "./pipeline.ts";
import type { FoundCommand, TracedStep } from "./traced-step.ts";
import { isSimple, redirectionsOf, statementOf, writtenLineAt } from "./written.ts";

/** A command and its place. */
export interface PlacedCommand {
  /** As bash names it; "" for `bash -c`. */
  readonly file: string;
  readonly line: number;
  readonly function: string | null;
  /**
   * A simple command with the values that it ran with, and its redirections; a pipeline, list, substitution or group as it is
   * written in the script.
   */
  readonly text: string;
}

/** The command that made a step fail. */
export interface FailingCommand extends PlacedCommand {
  /** The condition that led to it, if it is an `exit` or a `return`; null if it stands in none. */
  readonly guard: Guard | null;
  /** The commands through which the script came to it, innermost first: the last one is a line of the step's own script. */
  readonly callers: readonly PlacedCommand[];
  /** Its entry; null if bash gave up before it ran the command. */
  readonly entry: TraceEntry | null;
}

/** The command that made a step fail. Null for a step that passed, and if nothing was traced. */
export function failingCommand(step: TracedStep): FailingCommand | null {
  if (step.code === 0) return null;
  const last = lastCommand(step);
  const isExplicit = last !== null && /^(?:exit|return|false)\b/.test(last.text);
  const gaveUp = isExplicit ? null : whereBashGaveUp(step, last);
  if (gaveUp !== null) {
    return { ...gaveUp.found, guard: null, callers: gaveUp.callers.map((entry) => placed(step, entry)) };
  }
  if (last === null) return null;
  const found = wholePipeline(step, last);
  const callers = callersOf(step.entries, found.entry ?? last).map((entry) => placed(step, entry));
  return { ...found, text: asWritten(step, found), guard: guardAround(step, found), callers };
}

function placed(step: TracedStep, entry: TraceEntry): PlacedCommand {
  const at = { file: entry.file, line: firstLine(entry, step.sourceLine), function: functionOf(entry) };
  return { ...at, text: asWritten(step, { ...at, text: entry.text }) };
}

/** See PlacedCommand.text; as bash shows it if the script cannot be read. */
function asWritten(
  { sourceLine }: TracedStep,
  { file, line, text: traced }: Pick<PlacedCommand, "file" | "line" | "text">,
): string {
  const text = withoutNeedlessQuotes(traced);
  const written = writtenLineAt((at) => sourceLine(file, at), line);
  if (written === null || written.text === "") return text;
  const statement = statementOf(written, traced);
  if (!isSimple(statement)) return statement;
  // In eval and in traps the line is that of another command.
  const word = /^[\w./:-]+/.exec(text)?.[0];
  return word !== undefined && statement.includes(word) ? text + redirectionsOf(statement) : text;
}

/** Bash quotes the brackets of a test, and its `!`: nobody writes them so. */
function withoutNeedlessQuotes(text: string): string {
  return text.startsWith("'[' ") ? text.replaceAll(/'(\[|\]|!?=|!)'(?= |$)/g, "$1") : text;
}

/** `exit $rc` after the test that set rc says less than that test. */
function guardAround(
  { entries, code, sourceLine }: TracedStep,
  { file, line, entry, text }: FoundCommand,
): Guard | null {
  if (entry === null || !/^(?:exit|return)\b/.test(text)) return null;
  const source = (at: number) => sourceLine(file, at);
  const guard = guardOf(source, line);
  if (guard) return guard;
  const name = /^(?:exit|return)\s+["']?\$\{?([A-Za-z_]\w*)/.exec(statementAt(source, line, text))?.[1];
  if (name === undefined) return null;
  const until = entries.lastIndexOf(entry);
  const set = entries.findLast(
    (one, i) =>
      i < until && one.file === file && new RegExp(`^(?:(?:local|declare|export) )?${name}=${code}$`).test(one.text),
  );
  return set ? (guardOf(source, set.line) ?? { line: set.line, text: statementAt(source, set.line, set.text) }) : null;
}

function statementAt(source: (line: number) => string | null, line: number, traced: string): string {
  const written = writtenLineAt(source, line);
  return written ? statementOf(written, traced) : traced;
}
