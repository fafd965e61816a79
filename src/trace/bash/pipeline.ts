import { functionOf, type TraceEntry } from "./entries.ts";
import type { FoundCommand, TracedStep } from "./traced-step.ts";
import { writtenLineAt } from "./written.ts";

/** How far above a command's line its beginning is looked for. */
const COMMAND_LINES = 10;
const ASSIGNS = /^(?:(?:local|export|declare|readonly) )?\w+\+?=/;

/**
 * The pipeline that `last` is a part of, or `last` alone. Under pipefail any part may have failed, so the first line stands
 * for all of it; otherwise the last part decides. The script tells which subshells are parts of one pipeline.
 */
export function wholePipeline(step: TracedStep, traced: TraceEntry): FoundCommand {
  const { entries, mainPid, pipefail, sourceLine } = step;
  const last = functionInAssignment(entries, traced) ?? traced;
  const text = commandInAssignment(entries, last) ?? last.text;
  const at = { file: last.file, line: firstLine(last, sourceLine), function: functionOf(last), text, entry: last };
  if (last.pid === mainPid) return at;
  const parts = partsOf(step, last);
  if (parts.length === 1) return at;
  const place = (entry: TraceEntry) =>
    entry.line * 1e6 + Math.max(0, (sourceLine(entry.file, entry.line) ?? "").indexOf(entry.text.split(" ")[0]!));
  parts.sort((a, b) => place(a) - place(b) || a.pid - b.pid);
  const everywhere = pipefail || entries.some((entry) => /^set .*\bpipefail\b/.test(entry.text));
  const shown = everywhere ? parts[0]! : parts.at(-1)!;
  return { ...at, line: shown.line, text: parts.map((part) => part.text).join(" | "), entry: shown };
}

/** The entries of one pipeline, `last` among them. */
function partsOf({ entries, mainPid, sourceLine }: TracedStep, last: TraceEntry): TraceEntry[] {
  const parts: TraceEntry[] = [last];
  const source = (line: number) => sourceLine(last.file, line);
  const isJoined = (first: number, to: number) =>
    Array.from({ length: to - first }, (_, k) => continues(source(first + k), source(first + k + 1))).every(Boolean);
  let from = last.line;
  for (let i = entries.lastIndexOf(last) - 1; i >= 0; i--) {
    const entry = entries[i]!;
    if (entry.pid === mainPid || entry.file !== last.file || entry.depth !== last.depth) break;
    if (parts.some(({ pid }) => pid === entry.pid)) break;
    while (entry.line < from && continues(source(from - 1), source(from))) from--;
    const to = Math.max(...parts.map(({ line }) => line));
    if (entry.line < from || (entry.line > to && !isJoined(to, entry.line))) break;
    const lines = Array.from({ length: Math.max(entry.line, to) - from + 1 }, (_, k) => source(from + k) ?? "");
    if (!lines.some((line) => line.includes("|"))) break;
    parts.push(entry);
  }
  return parts;
}

/**
 * Bash may give the second line of a command that takes several: the nearest line of the same command that has its name.
 * The entry's own line if there is none.
 */
export function firstLine({ file, line, text }: TraceEntry, sourceLine: TracedStep["sourceLine"]): number {
  const name = /^[\w./-]+/.exec(text)?.[0];
  if (name === undefined || sourceLine(file, line)?.includes(name)) return line;
  const begins = writtenLineAt((at) => sourceLine(file, at), line)?.first ?? line;
  for (let at = line - 1; at >= Math.max(begins, line - COMMAND_LINES); at--) {
    if (sourceLine(file, at)?.includes(name)) return at;
  }
  return line;
}

/** What `x=$(function)` ran last in that function; null if `last` is no such assignment, or it ran no function. */
function functionInAssignment(entries: readonly TraceEntry[], last: TraceEntry): TraceEntry | null {
  const inner = substitutedBefore(entries, last);
  return inner !== null && inner.functions.length > last.functions.length && inner.line !== last.line ? inner : null;
}

/** Bash shows `x=$(command)` as `x=`, which says nothing: the command within, if it stands on the same line. */
function commandInAssignment(entries: readonly TraceEntry[], last: TraceEntry): string | null {
  const inner = substitutedBefore(entries, last);
  return inner !== null && inner.file === last.file && inner.line === last.line ? inner.text : null;
}

function substitutedBefore(entries: readonly TraceEntry[], last: TraceEntry): TraceEntry | null {
  const inner = entries[entries.lastIndexOf(last) - 1];
  if (!inner || inner.pid === last.pid || inner.depth <= last.depth || last.statusBefore === 0) return null;
  return ASSIGNS.test(last.text) ? inner : null;
}

/** Whether a pipeline continues from one line to the next. */
function continues(line: string | null, next: string | null): boolean {
  return /(?:\|&?|\\)\s*(?:\\|\s#.*)?\s*$/.test(line ?? "") || /^\s*\|/.test(next ?? "");
}
