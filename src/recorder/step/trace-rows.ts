import fs from "node:fs";
import path from "node:path";
import { logDirOf, storedPath } from "../../files/paths.ts";
import { traceFileName } from "../../model/ids.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import type { StepSpec } from "../../model/step.ts";
import { formatTime } from "../../model/time.ts";
import type { TracedCommand } from "../../store/traced-commands.ts";
import { fileIdOf } from "../../sys/file-id.ts";
import { openNew } from "../../sys/new-file.ts";
import { commandWords } from "../../trace/bash/command-words.ts";
import { functionOf, type TraceEntry } from "../../trace/bash/entries.ts";
import type { FailingCommand, PlacedCommand } from "../../trace/bash/failing-command.ts";
import { type FinishedTrace, resolveSource } from "../../trace/bash/trace.ts";
import type { TraceFile, TraceRows } from "../rows/write-trace.ts";

/** Rows of a step are kept of so many commands, its last ones. */
const MOST_COMMANDS = 10_000;
const MOST_TEXT = 16_384;

/**
 * Makes a trace's file in the log dir, and its rows. `end` is when the step ended. Throws the system's error when the file
 * cannot be written.
 */
export function traceRowsOf(
  trace: FinishedTrace,
  spec: StepSpec,
  redactor: Redactor,
  end: { readonly code: number; readonly completedAt: string },
): TraceRows {
  if (trace.off !== null) return { file: null, commands: [], tags: [["trace.off", trace.off]] };
  const workDir = path.resolve(spec.workDir || ".");
  const placeOf = places(trace.entries, workDir, spec.rootDir);
  const { commands, leftOut } = commandsOf(trace, redactor, placeOf, end);
  const { failing } = trace;
  const tags: (readonly [string, string])[] = [];
  if (failing) {
    tags.push(
      ["failed.file", placeOf(failing.file) ?? ""],
      ["failed.line", String(failing.line)],
      ["failed.command", cut(redactor.text(failing.text))],
      ...guardTags(failing, redactor),
      ...callerTags(failing, redactor, placeOf),
    );
  }
  if (leftOut > 0) tags.push(["trace.commands_left_out", String(leftOut)]);
  if (trace.leftOutBytes > 0) tags.push(["trace.bytes_left_out", String(trace.leftOutBytes)]);
  return { file: writeFile(trace, spec, redactor, placeOf), commands, tags };
}

function guardTags({ guard }: FailingCommand, redactor: Redactor): [string, string][] {
  if (guard === null) return [];
  return [
    ["failed.guard_line", String(guard.line)],
    ["failed.guard", cut(redactor.text(guard.text))],
  ];
}

/** The outermost caller by itself, for reports; all of them as JSON, innermost first: `[file, line, function, command]`. */
function callerTags(
  { callers }: FailingCommand,
  redactor: Redactor,
  placeOf: (name: string) => string | null,
): [string, string][] {
  const outermost = callers.at(-1);
  if (!outermost) return [];
  const textOf = ({ text }: PlacedCommand) => cut(redactor.text(text));
  return [
    ["failed.caller_file", placeOf(outermost.file) ?? ""],
    ["failed.caller_line", String(outermost.line)],
    ["failed.caller_command", textOf(outermost)],
    [
      "failed.callers",
      JSON.stringify(callers.map((call) => [placeOf(call.file), call.line, call.function, textOf(call)])),
    ],
  ];
}

function commandsOf(
  { entries, failing }: FinishedTrace,
  redactor: Redactor,
  placeOf: (name: string) => string | null,
  end: { readonly code: number; readonly completedAt: string },
): { commands: Omit<TracedCommand, "command_id">[]; leftOut: number } {
  const ends = endsOf(entries);
  const from = Math.max(0, entries.length - MOST_COMMANDS);
  const commands = entries.slice(from).map((entry, i): Omit<TracedCommand, "command_id"> => {
    const next = ends[from + i]!;
    const failed = entry === failing?.entry;
    const words = commandWords(entry.text);
    const startMs = entry.timeMs;
    const endMs = next.entry?.timeMs ?? null;
    return {
      command_num: from + i + 1,
      argv0: words === null ? null : redactor.text(words[0]!),
      argv_json: words === null ? null : cut(JSON.stringify(redactor.args(words.slice(1)))),
      cwd: entry.cwd === "" ? null : entry.cwd,
      started_at: startMs === null ? end.completedAt : formatTime(startMs),
      completed_at: endMs !== null ? formatTime(endMs) : next.entry === null && failed ? end.completedAt : null,
      exit_code: next.entry !== null ? next.status : failed ? end.code : null,
      duration_ms: startMs === null || endMs === null ? null : Math.max(0, Math.floor(endMs - startMs)),
      file: placeOf(entry.file),
      line: entry.line,
      function: functionOf(entry),
      text: cut(redactor.text(entry.text)),
    };
  });
  if (failing && failing.entry === null) {
    commands.push({
      command_num: entries.length + 1,
      argv0: null,
      argv_json: null,
      cwd: entries.at(-1)?.cwd || null,
      started_at: end.completedAt,
      completed_at: end.completedAt,
      exit_code: end.code,
      duration_ms: 0,
      file: placeOf(failing.file),
      line: failing.line,
      function: failing.function,
      text: cut(redactor.text(failing.text)),
    });
  }
  return { commands, leftOut: from };
}

/**
 * What comes next in the same shell, at the same level or above it: then a command is over. Its exit code is known where
 * that is at the same level, and no subshell was at work in between, whose end `$?` would be.
 */
function endsOf(entries: readonly TraceEntry[]): { entry: TraceEntry | null; status: number | null }[] {
  const ends = entries.map(() => ({ entry: null as TraceEntry | null, status: null as number | null }));
  const open = new Map<number, number[]>();
  const levelOf = (entry: TraceEntry) => entry.depth * 1000 + entry.functions.length;
  for (const [i, entry] of entries.entries()) {
    const stack = open.get(entry.pid) ?? [];
    open.set(entry.pid, stack);
    while (stack.length > 0 && levelOf(entries[stack.at(-1)!]!) >= levelOf(entry)) {
      const before = stack.pop()!;
      const alone = entries[i - 1]!.pid === entry.pid;
      const same = levelOf(entries[before]!) === levelOf(entry);
      ends[before] = { entry, status: alone && same ? entry.statusBefore : null };
    }
    stack.push(i);
  }
  return ends;
}

/** Names of files as bash has them, to stored paths; null for what has no file. */
function places(entries: readonly TraceEntry[], workDir: string, rootDir: string): (name: string) => string | null {
  const known = new Map<string, string | null>();
  return (name) => {
    let place = known.get(name);
    if (place === undefined) {
      place = name === "" ? null : storedPath(rootDir, resolveSource(entries, name, workDir));
      known.set(name, place);
    }
    return place;
  };
}

/** One line per command, and more for those of several lines. */
function writeFile(
  { entries, leftOutBytes }: FinishedTrace,
  spec: StepSpec,
  redactor: Redactor,
  placeOf: (name: string) => string | null,
): TraceFile {
  const lines = entries.map((entry) => {
    const time = entry.timeMs === null ? "-" : formatTime(entry.timeMs).slice(0, -4);
    const scope = functionOf(entry);
    const where = `${placeOf(entry.file) ?? "-c"}:${entry.line}${scope === null ? "" : ` ${scope}()`}`;
    const text = redactor.text(entry.text).replaceAll("\n", "\n    ");
    return `${time}Z [${entry.pid}] ${"+".repeat(entry.depth)} ${where}: ${text}\n`;
  });
  const note = leftOutBytes > 0 ? `# ${leftOutBytes} bytes of the trace are left out in the middle\n` : "";
  const bytes = Buffer.from(`${note}${lines.join("")}`);
  const file = path.join(logDirOf(spec.rootDir, spec.logDir), traceFileName(spec.num));
  const movedAside: string[] = [];
  const fd = openNew(file, movedAside);
  try {
    fs.writeFileSync(fd, bytes);
    const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    return { path: file, fileId: fileIdOf(fd)!, sizeBytes: bytes.length, sha256, movedAside };
  } finally {
    fs.closeSync(fd);
  }
}

function cut(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}
