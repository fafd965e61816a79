import { callersOf } from "./callers.ts";
import { functionOf, type TraceEntry } from "./entries.ts";
import type { FoundCommand, TracedStep } from "./traced-step.ts";

/** Errors that end a script, or a command, before bash shows the command. */
const GIVES_UP =
  /: unbound variable$|: bad substitution$|syntax error|unexpected EOF|unexpected end of file|division by 0|: parameter (?:null or )?not set|: invalid arithmetic|: value too great for base|: bad array subscript/;
/** A redirection that fails: bash shows a simple command before it, but neither a group, a loop nor a function. */
const REDIRECTION =
  /: (?:No such file or directory|Permission denied|Is a directory|Not a directory|ambiguous redirect|cannot overwrite existing file|Bad file descriptor|Read-only file system|No space left on device)$/;
const DIAGNOSTIC = /^(.+?): line (\d+): (.*)$/;
/** How many of stderr's last lines are read: those of a trap may follow the diagnostic. */
const DIAGNOSTIC_LINES = 12;

/**
 * The line at which bash gave up before it ran a command, as its own diagnostic on stderr tells; null if it did not.
 * `callers` are those of that line, innermost first.
 */
export function whereBashGaveUp(
  step: TracedStep,
  last: TraceEntry | null,
): { found: FoundCommand; callers: TraceEntry[] } | null {
  const diagnostic = step.stderrTail
    .trimEnd()
    .split("\n")
    .slice(-DIAGNOSTIC_LINES)
    .map((text) => DIAGNOSTIC.exec(text))
    // After the message of a syntax error comes the line itself, in quotes.
    .findLast((match) => match !== null && !/^`.*'$/.test(match[3]!));
  if (!diagnostic) return null;
  const [, name, number, message] = diagnostic as unknown as [string, string, string, string];
  const line = Number(number);
  const file = fileOf(step, last, name);
  if (file === null && !(last && GIVES_UP.test(message))) return null;
  const place = { file: file ?? name, line };
  const written = step.sourceLine(place.file, line) ?? "";
  const called = last && last.file === place.file ? calledFunction(step, last, line) : null;
  if (!GIVES_UP.test(message) && !isUnshown(step, last, place, message, called !== null)) return null;
  const text = written.trim() || message;
  const callers = last === null ? [] : callersOf(step.entries, last);
  if (called !== null)
    return { found: { ...place, function: called, text, entry: null }, callers: [last!, ...callers] };
  const scope = last && last.file === place.file ? functionOf(last) : null;
  return { found: { ...place, function: scope, text, entry: null }, callers };
}

/** The file that a diagnostic names, as the trace names it; null if the trace does not have it. */
function fileOf({ entries }: TracedStep, last: TraceEntry | null, name: string): string | null {
  if (entries.some(({ file }) => file === name)) return name;
  const isInline = entries.some(({ file }) => file === "") && /(?:^|\/)bash$/.test(name);
  return isInline || last === null ? "" : null;
}

/** Whether a message that may mean anything stands for a command that bash did not show. */
function isUnshown(
  step: TracedStep,
  last: TraceEntry | null,
  { file, line }: { file: string; line: number },
  message: string,
  isCalled: boolean,
): boolean {
  if (step.code === 0 || (last !== null && last.line === line && last.file === file)) return false;
  const written = step.sourceLine(file, line) ?? "";
  // `${VAR:?message}`
  if (/:?\?/.test(written) && /^\w+: /.test(message)) return true;
  if (!REDIRECTION.test(message) || !/[<>]/.test(written)) return false;
  // Commands that ran after it would have come to the trace: then it was not what ended the script.
  return isCalled || (last !== null && last.file === file && line > last.line);
}

/** The function that `last` calls, if its definition is what holds the line; null otherwise. */
function calledFunction({ sourceLine }: TracedStep, last: TraceEntry, line: number): string | null {
  const name = /^[\w:.-]+(?= |$)/.exec(last.text)?.[0];
  if (name === undefined) return null;
  for (let at = line; at >= 1; at--) {
    const defined = /^\s*(?:function\s+)?([\w:.-]+)\s*\(\)|^\s*function\s+([\w:.-]+)/.exec(
      sourceLine(last.file, at) ?? "",
    );
    if (defined) return (defined[1] ?? defined[2]) === name ? name : null;
    if (at < line && /^\}/.test(sourceLine(last.file, at) ?? "")) return null;
  }
  return null;
}
