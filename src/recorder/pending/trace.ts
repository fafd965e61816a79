import type { TraceFile, TraceRows } from "../rows/write-trace.ts";
import type { Fields } from "./fields.ts";
import type { Lines } from "./lines.ts";

type TracedRow = TraceRows["commands"][number];

/** More of them would make a file that is not read again. */
const MOST_COMMANDS_BYTES = 4 << 20;

/** A line for the trace, and one for each of its commands: the last ones, if there are too many for the file. */
export function traceLines({ file, commands, tags }: TraceRows): object[] {
  let bytes = 0;
  const from = commands.findLastIndex((command) => {
    bytes += Buffer.byteLength(JSON.stringify(command));
    return bytes > MOST_COMMANDS_BYTES;
  });
  const kept = commands.slice(from + 1).map((command) => ({ row: "command", ...command }));
  return [{ row: "trace", file, tags }, ...kept];
}

/** Null if there is none. */
export function takeTrace(lines: Lines): TraceRows | null {
  const trace = lines.take((line) => ({ file: fileOf(line.object("file")), tags: line.pairs("tags") }), "trace");
  if (trace === null) return null;
  const commands: TracedRow[] = [];
  for (let row = lines.take(commandOf, "command"); row !== null; row = lines.take(commandOf, "command")) {
    commands.push(row);
  }
  return { ...trace, commands };
}

function fileOf(file: Fields | null): TraceFile | null {
  return (
    file && {
      path: file.logPath("path"),
      fileId: file.text("fileId"),
      sizeBytes: file.number("sizeBytes"),
      sha256: file.hash("sha256"),
      movedAside: file.texts("movedAside"),
    }
  );
}

function commandOf(line: Fields): TracedRow {
  return {
    command_num: line.number("command_num"),
    argv0: line.textOrNull("argv0"),
    argv_json: line.textOrNull("argv_json"),
    cwd: line.textOrNull("cwd"),
    started_at: line.time("started_at"),
    completed_at: line.isNull("completed_at") ? null : line.time("completed_at"),
    exit_code: line.numberOrNull("exit_code"),
    duration_ms: line.numberOrNull("duration_ms"),
    file: line.textOrNull("file"),
    line: line.numberOrNull("line"),
    function: line.textOrNull("function"),
    text: line.text("text"),
  };
}
