/** A command as bash announces it before it runs, in the words it runs it with. */
export interface TraceEntry {
  /** How deep in eval, source, command substitutions and traps; from 1. */
  readonly depth: number;
  /** Epoch; null where bash has no such clock (before 5.0). */
  readonly timeMs: number | null;
  /** The shell's own, a subshell's differs. */
  readonly pid: number;
  /** Of what ran before it. */
  readonly statusBefore: number;
  /** The last background job; null when there was none. */
  readonly background: number | null;
  readonly line: number;
  readonly cwd: string;
  /** Innermost first, as in FUNCNAME; empty outside functions and sourced files. */
  readonly functions: readonly string[];
  /** As bash names it; "" for `bash -c`. */
  readonly file: string;
  readonly text: string;
}

/** Between two entries, repeated once per level; bash quotes it in what it prints of a command. */
const MARK = "\x1e";
const FIELD = "\x1f";

/**
 * A value for PS4, quoted for a shell. Nothing in it may fail under `set -u`, run a process or change `$?`; a file's
 * name may hold anything but the two separators.
 */
export const TRACE_PROMPT = `$'\\x1e\\x1f\${EPOCHREALTIME-}\\x1f\${BASHPID-}\\x1f$?\\x1f\${!-}\\x1f$LINENO\\x1f\${PWD-}\\x1f\${FUNCNAME[@]-}\\x1f\${BASH_SOURCE[0]-}\\x1f'`;

/** The entries of a trace, in the order in which they were written. What is cut off at either end is left out. */
export function parseTrace(text: string): TraceEntry[] {
  const entries: TraceEntry[] = [];
  for (let at = nextEntry(text, 0); at >= 0; ) {
    const next = nextEntry(text, at + 1);
    const entry = parseEntry(
      text.slice(at, next < 0 ? (text.endsWith("\n") ? text.length - 1 : text.length) : next - 1),
    );
    if (entry) entries.push(entry);
    at = next;
  }
  return entries;
}

/** The innermost function, null outside of any: a sourced file is none, nor is the script itself. */
export function functionOf({ functions: [name] }: TraceEntry): string | null {
  return name === undefined || name === "source" || name === "main" ? null : name;
}

/** Where the next one starts: at the beginning of a line; -1 when there is none. */
function nextEntry(text: string, from: number): number {
  if (from === 0 && text.startsWith(MARK)) return 0;
  const at = text.indexOf(`\n${MARK}`, Math.max(0, from - 1));
  return at < 0 ? -1 : at + 1;
}

/** Null for what another process has written in between. */
function parseEntry(entry: string): TraceEntry | null {
  const parts = entry.split(FIELD);
  if (parts.length < 10) return null;
  const [marks, time, pid, status, background, line, cwd, functions, file] = parts as [string, ...string[]];
  const text = parts.slice(9).join(FIELD);
  if (!/^\d+$/.test(pid!) || !/^\d+$/.test(line!)) return null;
  return {
    depth: marks.length,
    // The point is the locale's.
    timeMs: time === "" ? null : Number(time!.replace(",", ".")) * 1000,
    pid: Number(pid),
    statusBefore: Number(status),
    background: background === "" ? null : Number(background),
    line: Number(line),
    cwd: cwd!,
    functions: functions === "" ? [] : functions!.split(" "),
    file: file!,
    text,
  };
}
