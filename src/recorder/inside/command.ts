import { runAttached } from "../../capture/attached.ts";
import { type Captured, capture } from "../../capture/capture.ts";
import type { StepControl } from "../../capture/control/step-control.ts";
import type { Platform } from "../../capture/platform.ts";
import { messageOf } from "../../errors.ts";
import { takeMasks } from "../../files/masked-values.ts";
import type { Exit } from "../../model/exit.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { toEnv } from "../../model/step-environment.ts";
import { type Clock, systemClock } from "../../model/time.ts";
import { writeAll } from "../../sys/descriptors.ts";
import { isSameFile } from "../../sys/file-id.ts";
import { workingDirectory } from "../../sys/working-directory.ts";
import { Connection } from "../step/connection.ts";
import { type EndedProcess, runProcess, uncaptured, withControl } from "../step/process-life.ts";
import { beginCommand, type CommandRows, closeLogs, endCommand } from "./command-rows.ts";
import { findPlace, type PlaceSpec } from "./place.ts";

/** As of `exec`. */
const GRACE_MS = 10_000;
/** The script is not to wait for what a command leaves behind: nothing of that is lost. */
const LEAK_TIMEOUT_MS = 50;

export interface CommandSpec {
  readonly argv: readonly [string, ...string[]];
  /** "" is none. */
  readonly name: string;
  readonly redactor: Redactor;
  readonly redactLogs: boolean;
  /** Null where it is called outside any step: then it is run, and not recorded. */
  readonly record: { readonly database: string; readonly at: PlaceSpec; readonly logDir: string } | null;
  /** Told before the program is started of why it is not recorded. */
  readonly onUnrecorded: (reason: string) => Promise<void>;
}

export interface RanCommand {
  readonly exit: Exit;
  readonly code: number;
  /** The caller is to end by this signal. */
  readonly endBySignal: NodeJS.Signals | undefined;
  /** What could not be recorded, a line each. */
  readonly problems: readonly string[];
}

/**
 * Runs one program inside a step. What it prints goes where ours goes, byte for byte, and into files of its own. Nothing
 * that goes wrong with the recording keeps it from being run.
 */
export async function runCommand(
  platform: Platform,
  spec: CommandSpec,
  clock: Clock = systemClock,
): Promise<RanCommand> {
  const connection = spec.record && new Connection(spec.record.database);
  const problems: string[] = [];
  return await withControl(platform, { graceMs: GRACE_MS, timeoutMs: 0 }, async (control) => {
    try {
      const rows = connection && (await begin(connection, spec, clock));
      const ended = await runProcess(clock, control, { run: () => run(platform, control, spec, rows) });
      if (connection && rows) problems.push(...(await recordEnd(connection, rows, ended)));
      const { captured, outcome } = ended;
      return { exit: captured.exit, code: outcome.code, endBySignal: outcome.endBySignal, problems };
    } finally {
      close(connection, problems);
    }
  });
}

/** Closes the files and records the end. Returns what could not be recorded, a line each. */
async function recordEnd(
  connection: Connection,
  rows: CommandRows,
  { captured, outcome, completedAt, durationMs }: EndedProcess,
): Promise<string[]> {
  const { written, problems: logProblems } = await closeLogs(rows);
  const problems = [...captured.problems, ...logProblems];
  const tags = [...outcome.tags, ["log.problem", logProblems.join("; ")] as const];
  try {
    connection.checkFile();
    const end = { completedAt, exitCode: outcome.code, durationMs, tags };
    connection.open().transaction(() => endCommand(connection.open(), rows, end, written));
    problems.push(...(await connection.settle(() => false)));
  } catch (error) {
    problems.push(`its end is not recorded: ${messageOf(error)}`);
  }
  return problems;
}

/** Null, and said, where the database does not take it. */
async function begin(connection: Connection, spec: CommandSpec, clock: Clock): Promise<CommandRows | null> {
  const { at, logDir } = spec.record!;
  try {
    const store = connection.open();
    await connection.importPending();
    const { argv, name, redactor, redactLogs } = spec;
    const place = findPlace(store, at);
    takeMasks(redactor, store.path, place.runId);
    const beginning = { argv, name, redactor, redactLogs, logDir, cwd: workingDirectory(), startedAt: clock.now() };
    return beginCommand(store, place, beginning);
  } catch (error) {
    await spec.onUnrecorded(messageOf(error));
    return null;
  }
}

async function run(
  platform: Platform,
  control: StepControl,
  { argv }: CommandSpec,
  rows: CommandRows | null,
): Promise<Captured> {
  if (rows === null) {
    const exit = await runAttached(platform, control, { argv, env: {} });
    return uncaptured(exit);
  }
  const gone = new Set<string>();
  const fd = { stdout: 1, stderr: 2 } as const;
  return capture(platform, control, {
    argv,
    cwd: undefined,
    stdin: "inherit",
    env: toEnv({ commandId: rows.scope.commandId }),
    // `2>&1`: only the program itself knows in which order it writes into the two.
    merged: isSameFile(fd.stdout, fd.stderr),
    stdout: rows.logs.stdout.file,
    stderr: rows.logs.stderr.file,
    leakTimeoutMs: LEAK_TIMEOUT_MS,
    killLeaked: false,
    lateToConsole: true,
    onOutput: (stream, chunk) => {
      // A reader that has gone (`| head`) is gone for the program, too.
      if (!gone.has(stream) && writeAll(fd[stream], chunk).error !== undefined) gone.add(stream);
      return !gone.has(stream);
    },
  });
}

function close(connection: Connection | null, problems: string[]): void {
  try {
    connection?.close(true);
  } catch (error) {
    problems.push(`the database was not closed: ${messageOf(error)}`);
  }
}
