import { callersOf } from "./callers.ts";
import { functionOf, type TraceEntry } from "./entries.ts";
import { type Guard, guardOf } from "./guard.ts";
import { isSimple, redirectionsOf, statementOf, writtenLineAt } from "./written.ts";

/** A command, and where it stands. */
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

/** What made a step fail. */
export interface FailingCommand extends PlacedCommand {
  /** The condition that led to it, if it is an `exit` or a `return`; null if it stands in none. */
  readonly guard: Guard | null;
  /** The commands through which the script came to it, innermost first: the last one is a line of the step's own script. */
  readonly callers: readonly PlacedCommand[];
  /** Its entry; null where bash gave up before it ran the command. */
  readonly entry: TraceEntry | null;
}

type Found = Omit<FailingCommand, "guard" | "callers">;

export interface TracedStep {
  /** In the order in which they were written. */
  readonly entries: readonly TraceEntry[];
  /** Of the shell that is the script's. */
  readonly mainPid: number;
  readonly code: number;
  readonly pipefail: boolean;
  /** The end of what the step printed on stderr. */
  readonly stderrTail: string;
  /** A line of a script as bash names it; null where it cannot be read. */
  readonly sourceLine: (file: string, line: number) => string | null;
}

/** Errors for which bash ends a script, or a command, before it shows the command. */
const GIVES_UP =
  /: unbound variable$|: bad substitution$|syntax error|unexpected EOF|unexpected end of file|division by 0|: parameter (?:null or )?not set|: invalid arithmetic|: value too great for base|: bad array subscript/;
const DIAGNOSTIC = /^(.+?): line (\d+): (.*)$/;
/** Of stderr's last lines; behind the diagnostic there may be those of a trap. */
const DIAGNOSTIC_LINES = 12;
/** As far as the beginning of a command is looked for above its line. */
const COMMAND_LINES = 10;
const RUNS_MORE = /^(?:builtin |command )?(?:\.|source|eval|mapfile|readarray|fc)(?: |$)/;

/** Null for a step that passed, and when nothing was traced. */
export function failingCommand(step: TracedStep): FailingCommand | null {
  if (step.code === 0) return null;
  const last = lastBeforeTheEnd(step);
  const explicit = last !== null && /^(?:exit|return|false)\b/.test(last.text);
  const gaveUp = explicit ? null : whereBashGaveUp(step, last);
  const found = gaveUp ?? (last && wholePipeline(step, last));
  if (!found) return null;
  const callers = callersOf(step.entries, found.entry ?? last!).map((entry) => placed(step, entry));
  return { ...found, text: gaveUp ? found.text : asWritten(step, found), guard: guardAround(step, found), callers };
}

function placed(step: TracedStep, entry: TraceEntry): PlacedCommand {
  const at = { file: entry.file, line: firstLine(entry, step.sourceLine), function: functionOf(entry) };
  return { ...at, text: asWritten(step, { ...at, text: entry.text }) };
}

/** See PlacedCommand.text. What bash shows if the script cannot be read. */
function asWritten(
  { sourceLine }: TracedStep,
  { file, line, text }: Pick<PlacedCommand, "file" | "line" | "text">,
): string {
  const written = writtenLineAt((at) => sourceLine(file, at), line);
  if (written === null || written.text === "") return text;
  const statement = statementOf(written, text);
  if (!isSimple(statement)) return statement;
  // In eval and in traps the line is not the command's own.
  const word = /^[\w./:-]+/.exec(text)?.[0];
  return word !== undefined && statement.includes(word) ? text + redirectionsOf(statement) : text;
}

/** `exit $rc` after the test that set rc says less than that test. */
function guardAround({ entries, code, sourceLine }: TracedStep, { file, line, entry, text }: Found): Guard | null {
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

/** Without what ran in the background, and in traps. */
function lastBeforeTheEnd({ entries, mainPid, code }: TracedStep): TraceEntry | null {
  const background = new Set(entries.map((entry) => entry.background));
  const foreground = entries.filter(({ pid }) => !background.has(pid));
  const ownEnd = exitTrapStart(foreground, mainPid, code);
  const handled = inHandlers(foreground);
  for (let i = (ownEnd ?? foreground.length) - 1; i >= 0; i--) if (!handled.has(foreground[i]!)) return foreground[i]!;
  return foreground.at(-1) ?? null;
}

/**
 * Where the EXIT trap begins; null when none ran, or when it ran because of no failure and so is itself what failed. Bash
 * runs it at the depth of the script, with the lines numbered anew.
 */
function exitTrapStart(entries: readonly TraceEntry[], mainPid: number, code: number): number | null {
  let first: string | null = null;
  let start: number | null = null;
  let base = 1;
  for (const [i, entry] of entries.entries()) {
    if (entry.pid !== mainPid) continue;
    if (i === 0) base = entry.depth;
    const action = exitTrapActionOf(entry.text);
    if (action !== undefined) {
      first = action;
      start = null;
    } else if (first !== null && entry.depth === base && entry.statusBefore !== 0 && entry.text.startsWith(first)) {
      // The first command of the action: what comes behind it is at lines of it, or in its functions.
      if (entry.line <= 2 && (start === null || entry.statusBefore === code)) start = i;
    }
  }
  return start;
}

/** The beginning of an EXIT trap's first command, as far as it is literal; null when it is taken away, or ignored. */
function exitTrapActionOf(text: string): string | null | undefined {
  const match = /^trap (?:-- )?(?:'((?:[^']|'\\'')*)'|(\S+)) (.+)$/.exec(text);
  if (!match || !/(?:^|\s)(?:EXIT|0)(?=\s|$)/.test(match[3]!)) return undefined;
  const action = (match[1]?.replaceAll("'\\''", "'") ?? match[2]!).replace(/\\(.)/g, "$1").trim();
  if (action === "-" || action === "") return null;
  const command = action.replace(/^(?:(?:if|while|until|then|!|\{|\()\s*)+/, "");
  return command.startsWith("[ ") ? "'['" : /^[^\s"'`$\\;&|()<>]*/.exec(command)![0];
}

/** Traps on signals, ERR and DEBUG: a step deeper without a command that asks for it. */
function inHandlers(entries: readonly TraceEntry[]): Set<TraceEntry> {
  const inside = new Set<TraceEntry>();
  const shells = new Map<number, { last: TraceEntry; handlerDepth: number }>();
  for (const entry of entries) {
    const shell = shells.get(entry.pid);
    let handlerDepth = shell?.handlerDepth ?? 0;
    if (handlerDepth > entry.depth) handlerDepth = 0;
    if (shell && handlerDepth === 0 && entry.depth > shell.last.depth && !RUNS_MORE.test(shell.last.text)) {
      handlerDepth = entry.depth;
    }
    if (handlerDepth > 0) inside.add(entry);
    shells.set(entry.pid, { last: entry, handlerDepth });
  }
  return inside;
}

function whereBashGaveUp(step: TracedStep, last: TraceEntry | null): Found | null {
  const diagnostic = step.stderrTail
    .trimEnd()
    .split("\n")
    .slice(-DIAGNOSTIC_LINES)
    .map((text) => DIAGNOSTIC.exec(text))
    // Behind a syntax error comes the line that has it.
    .findLast((match) => match !== null && !/^`.*'$/.test(match[3]!));
  if (!diagnostic) return null;
  const [, name, number, message] = diagnostic as unknown as [string, string, string, string];
  const line = Number(number);
  const known = step.entries.findLast(({ file }) => file === name);
  const file = known
    ? name
    : (step.entries.findLast(({ file }) => file === "") && /(?:^|\/)bash$/.test(name)) || !last
      ? ""
      : null;
  if (file === null && !(last && GIVES_UP.test(message))) return null;
  // `${VAR:?message}` may say anything: it is told by its line, at which nothing ran in the end.
  const isOther = last === null || last.line !== line || last.file !== (file ?? last.file);
  const asks = /:?\?/.test(step.sourceLine(file ?? name, line) ?? "");
  if (!GIVES_UP.test(message) && !(isOther && asks && step.code !== 0 && /^\w+: /.test(message))) return null;
  const text = step.sourceLine(file ?? name, line)?.trim() || message;
  const scope = last && last.file === file ? functionOf(last) : null;
  return { file: file ?? name, line, function: scope, text, entry: null };
}

/**
 * Under pipefail any part of a pipeline may have failed: its first line is shown, and all of it. Which subshells are parts
 * of one is told from the script.
 */
function wholePipeline({ entries, mainPid, pipefail, sourceLine }: TracedStep, last: TraceEntry): Found {
  const text = inAssignment(entries, last) ?? last.text;
  const at = { file: last.file, line: firstLine(last, sourceLine), function: functionOf(last), text, entry: last };
  if (last.pid === mainPid) return at;
  const end = entries.lastIndexOf(last);
  const parts: TraceEntry[] = [last];
  let from = last.line;
  for (let i = end - 1; i >= 0; i--) {
    const entry = entries[i]!;
    if (entry.pid === mainPid || entry.file !== last.file || entry.depth !== last.depth) break;
    if (parts.some(({ pid }) => pid === entry.pid)) break;
    while (entry.line < from && continues(sourceLine(last.file, from - 1), sourceLine(last.file, from))) from--;
    const to = Math.max(...parts.map(({ line }) => line));
    if (entry.line < from || (entry.line > to && !joined(last.file, to, entry.line))) break;
    if (
      !/\|/.test(
        Array.from(
          { length: Math.max(entry.line, to) - from + 1 },
          (_, k) => sourceLine(last.file, from + k) ?? "",
        ).join("\n"),
      )
    )
      break;
    parts.push(entry);
  }
  if (parts.length === 1) return at;
  const place = (entry: TraceEntry) =>
    entry.line * 1e6 + Math.max(0, (sourceLine(entry.file, entry.line) ?? "").indexOf(entry.text.split(" ")[0]!));
  parts.sort((a, b) => place(a) - place(b) || a.pid - b.pid);
  const everywhere = pipefail || entries.some(({ text }) => /^set .*\bpipefail\b/.test(text));
  const shown = everywhere ? parts[0]! : parts.at(-1)!;
  return { ...at, line: shown.line, text: parts.map(({ text }) => text).join(" | "), entry: shown };

  function joined(file: string, first: number, to: number): boolean {
    for (let line = first; line < to; line++)
      if (!continues(sourceLine(file, line), sourceLine(file, line + 1))) return false;
    return true;
  }
}

/** Of a command of several lines bash may tell the second: the nearest above it that has the command's name. */
function firstLine({ file, line, text }: TraceEntry, sourceLine: TracedStep["sourceLine"]): number {
  const name = /^[\w./-]+/.exec(text)?.[0];
  const has = (at: number) => sourceLine(file, at)?.includes(name!) === true;
  if (name === undefined || has(line)) return line;
  for (let at = line - 1; at >= Math.max(1, line - COMMAND_LINES); at--) if (has(at)) return at;
  return line;
}

/** `x=$(command)` is shown as `x=`, which says nothing: the command that failed within it, if that stands on its line. */
function inAssignment(entries: readonly TraceEntry[], last: TraceEntry): string | null {
  const inner = entries[entries.lastIndexOf(last) - 1];
  if (!inner || inner.pid === last.pid || inner.depth <= last.depth || last.statusBefore === 0) return null;
  const isSame = inner.file === last.file && inner.line === last.line;
  return isSame && /^(?:(?:local|export|declare|readonly) )?\w+\+?=/.test(last.text) ? inner.text : null;
}

/** Whether a pipeline goes on from one line to the next. */
function continues(line: string | null, next: string | null): boolean {
  return /(?:\|&?|\\)\s*(?:\\|\s#.*)?\s*$/.test(line ?? "") || /^\s*\|/.test(next ?? "");
}
