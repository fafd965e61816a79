import type { PendingAttempt, PendingLog, PendingRows, PendingRun, WrittenLog } from "../rows/pending-rows.ts";
import type { Fields } from "./fields.ts";
import { Lines } from "./lines.ts";
import { takeTrace, traceLines } from "./trace.ts";

const VERSION = 1;
const ABOUT =
  "The database did not take these rows. The next scenariolog command that writes into it, or `run end`, takes them in and removes this file.";

/**
 * JSON lines: a header, the run, the step, the attempt with its end, its logs, and the count of lines. A person can read
 * them, and what is lost of a file that is cut off is only what comes last.
 */
export function encodePending({ database, run, attempt }: PendingRows): string {
  const { selector, start, end } = run;
  const lines: object[] = [
    { scenariolog_pending: VERSION, database, about: ABOUT },
    { row: "run", run: selector, start, end },
  ];
  if (attempt !== null) {
    const { step, rootDir, startedAt, recorder, indexing } = attempt;
    const limit = Number.isFinite(indexing.indexLimitBytes) ? indexing.indexLimitBytes : null;
    lines.push({ row: "step", ...step, root_dir: rootDir });
    lines.push({
      row: "attempt",
      started_at: startedAt,
      ...recorder,
      end: attempt.end && {
        ...attempt.end,
        marks: attempt.end.marks && Buffer.from(attempt.end.marks).toString("base64"),
      },
      index: indexing.index,
      index_limit_bytes: limit,
      redact: indexing.patterns,
    });
    for (const log of attempt.logs) {
      const { kind, path, fileId, movedAside } = log;
      const written = attempt.written.find((one) => one.kind === kind) ?? null;
      lines.push({ row: "log", kind, path, file_id: fileId, moved_aside: movedAside, written });
    }
    if (attempt.trace !== null) lines.push(...traceLines(attempt.trace));
  }
  lines.push({ row: "end", lines: lines.length });
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

export interface Decoded {
  /** Null when not even the run can be read. */
  readonly rows: PendingRows | null;
  /** Whether anything is missing, or is not what it should be. */
  readonly damaged: boolean;
}

/** Of a file that is damaged, the rows that are whole. Never throws. */
export function decodePending(text: string): Decoded {
  const lines = new Lines(text);
  const database = lines.take((line) => {
    if (line.number("scenariolog_pending") !== VERSION) throw new TypeError("another version");
    return line.text("database");
  });
  const run = database === null ? null : lines.take(runOf);
  if (database === null || run === null) return { rows: null, damaged: true };
  const step = lines.take(stepOf, "step");
  const attempt = step && lines.take((line) => attemptOf(line, step), "attempt");
  if (attempt === null) return { rows: { database, run, attempt }, damaged: !lines.isAtEnd };
  const logs: PendingLog[] = [];
  const written: WrittenLog[] = [];
  for (let log = lines.take(logOf, "log"); log !== null; log = lines.take(logOf, "log")) {
    logs.push(log.log);
    if (log.written) written.push(log.written);
  }
  const trace = takeTrace(lines);
  return { rows: { database, run, attempt: { ...attempt, logs, written, trace } }, damaged: !lines.isAtEnd };
}

function runOf(line: Fields): PendingRun {
  if (line.text("row") !== "run") throw new TypeError("not a run");
  const start = line.object("start");
  const end = line.object("end");
  return {
    selector: line.text("run"),
    start: start && {
      runId: start.text("runId"),
      rootDir: start.text("rootDir"),
      suite: start.textOrNull("suite"),
      startedAt: start.time("startedAt"),
      tags: start.pairs("tags"),
      planned: start.objects("planned").map((step) => ({
        step_num: step.number("step_num"),
        step_name: step.text("step_name"),
        script_path: step.textOrNull("script_path"),
      })),
    },
    end: end && {
      completedAt: end.time("completedAt"),
      exitCode: end.number("exitCode"),
      notRun: end.isNull("notRun") ? null : end.numbers("notRun"),
      reason: end.oneOf("reason", ["interrupted", "timeout", null]),
      signal: end.has("signal") ? (end.text("signal") as NodeJS.Signals) : undefined,
    },
  };
}

type Step = Pick<PendingAttempt, "step" | "rootDir">;

function stepOf(line: Fields): Step {
  const step = {
    num: line.number("num"),
    name: line.text("name"),
    scriptPath: line.text("scriptPath"),
    tags: line.pairs("tags"),
    userKeys: line.texts("userKeys"),
  };
  return { step, rootDir: line.text("root_dir") };
}

function attemptOf(line: Fields, step: Step): PendingAttempt {
  const end = line.object("end");
  const outcome = end?.object("outcome");
  return {
    ...step,
    startedAt: line.time("started_at"),
    recorder: {
      recorder_pid: line.numberOrNull("recorder_pid"),
      recorder_start: line.textOrNull("recorder_start"),
      boot_id: line.textOrNull("boot_id"),
      pid_namespace: line.textOrNull("pid_namespace"),
    },
    logs: [],
    end:
      end && outcome
        ? {
            outcome: {
              code: outcome.number("code"),
              reason: outcome.oneOf("reason", ["interrupted", "timeout", "leak", "skipped", null]),
              tags: outcome.pairs("tags"),
            },
            flaky: end.flag("flaky"),
            completedAt: end.time("completedAt"),
            durationMs: end.number("durationMs"),
            logProblem: end.text("logProblem"),
            marks: end.bytesOrNull("marks"),
          }
        : null,
    written: [],
    trace: null,
    indexing: {
      index: line.oneOf("index", ["all", "stderr", "none"]),
      indexLimitBytes: line.numberOrNull("index_limit_bytes") ?? Number.POSITIVE_INFINITY,
      patterns: line.isNull("redact") ? null : line.texts("redact"),
    },
  };
}

function logOf(line: Fields): { log: PendingLog; written: WrittenLog | null } {
  const kind = line.oneOf("kind", ["stdout", "stderr"]);
  const path = line.logPath("path");
  const written = line.object("written");
  return {
    log: { kind, path, fileId: line.textOrNull("file_id"), movedAside: line.texts("moved_aside") },
    written: written && {
      kind,
      path: written.isNull("path") ? null : written.logPath("path"),
      fileId: written.textOrNull("fileId"),
      sizeBytes: written.number("sizeBytes"),
      sha256: written.hash("sha256"),
      changed: written.flag("changed"),
    },
  };
}
