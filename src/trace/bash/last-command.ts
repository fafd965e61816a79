import type { TraceEntry } from "./entries.ts";
import type { TracedStep } from "./traced-step.ts";

/** Builtins that run commands of their own, one level deeper. */
const RUNS_MORE = /^(?:builtin |command )?(?:\.|source|eval|mapfile|readarray|fc)(?: |$)/;

/** The last command that the script itself ran, without background jobs and traps; null if nothing was traced. */
export function lastCommand({ entries, mainPid, code }: TracedStep): TraceEntry | null {
  const background = new Set(entries.map((entry) => entry.background));
  const foreground = entries.filter(({ pid }) => !background.has(pid));
  const exitTrap = exitTrapStart(foreground, mainPid, code);
  const handled = inHandlers(foreground);
  for (let i = (exitTrap ?? foreground.length) - 1; i >= 0; i--) {
    if (!handled.has(foreground[i]!)) return foreground[i]!;
  }
  return foreground.at(-1) ?? null;
}

/**
 * The index of the EXIT trap's first command. Null if no trap ran, or if no failure came before it, so that the trap itself
 * failed. Bash runs it at the script's depth and numbers its lines anew.
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
      // Only the first command of the action counts: what follows it is on later lines, or in functions.
      if (entry.line <= 2 && (start === null || entry.statusBefore === code)) start = i;
    }
  }
  return start;
}

/**
 * The beginning of an EXIT trap's first command, as far as it is literal. Null if the command removes the trap or ignores
 * the event; undefined if it sets no EXIT trap.
 */
function exitTrapActionOf(text: string): string | null | undefined {
  const match = /^trap (?:-- )?(?:'((?:[^']|'\\'')*)'|(\S+)) (.+)$/.exec(text);
  if (!match || !/(?:^|\s)(?:EXIT|0)(?=\s|$)/.test(match[3]!)) return undefined;
  const action = (match[1]?.replaceAll("'\\''", "'") ?? match[2]!).replace(/\\(.)/g, "$1").trim();
  if (action === "-" || action === "") return null;
  const command = action.replace(/^(?:(?:if|while|until|then|!|\{|\()\s*)+/, "");
  return command.startsWith("[ ") ? "'['" : /^[^\s"'`$\\;&|()<>]*/.exec(command)![0];
}

/** Traps on signals, ERR and DEBUG: they run one level deeper, although no command asked for that. */
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
