import type { TraceEntry } from "./entries.ts";

/** A longer chain is recursion: its outermost callers say where it began. */
const MOST_CALLERS = 40;
const SOURCES = /^(?:builtin |command )?(?:\.|source) /;

/**
 * The commands through which a script came to the function or sourced file of `entry`, innermost first: each is the last
 * command before the one it led to that ran one frame further out. Empty at the top level of a script, and where the trace
 * no longer has them.
 */
export function callersOf(entries: readonly TraceEntry[], entry: TraceEntry): TraceEntry[] {
  const callers: TraceEntry[] = [];
  let frames = entry.functions;
  for (let at = entries.lastIndexOf(entry) - 1; at >= 0 && frames.length > 0; at--) {
    const candidate = entries[at]!;
    if (!isFrameBelow(candidate, frames)) continue;
    callers.push(candidate);
    frames = candidate.functions;
  }
  addSourcing(entries, entry, callers);
  return callers.length <= MOST_CALLERS ? callers : callers.slice(-MOST_CALLERS);
}

/** A file that is sourced at the top level of a script has no frame: one `source` after the other, up to the script itself. */
function addSourcing(entries: readonly TraceEntry[], entry: TraceEntry, callers: TraceEntry[]): void {
  let inner = callers.at(-1) ?? entry;
  for (let at = entries.lastIndexOf(inner) - 1; at >= 0 && inner.functions.length === 0; at--) {
    const candidate = entries[at]!;
    const isOutside = candidate.file !== inner.file && candidate.depth < inner.depth && candidate.pid === inner.pid;
    if (!isOutside || !SOURCES.test(candidate.text)) continue;
    callers.push(candidate);
    inner = candidate;
  }
}

/** bash names the script itself `main` once a function runs, and has no frame for it before. */
function isFrameBelow({ functions, text }: TraceEntry, frames: readonly string[]): boolean {
  const below = withoutMain(frames).slice(1);
  const own = withoutMain(functions);
  if (own.length !== below.length || own.some((name, i) => name !== below[i])) return false;
  const callee = frames[0]!;
  if (callee === "source") return SOURCES.test(text);
  return text.includes(callee);
}

function withoutMain(functions: readonly string[]): readonly string[] {
  return functions.at(-1) === "main" ? functions.slice(0, -1) : functions;
}
