import type { Store } from "./store.ts";

/** A row of commands: one program call inside a step. The last three columns are null while it has no end. */
export interface Command {
  readonly command_id: string;
  readonly step_id: string;
  readonly command_num: number;
  readonly argv0: string | null;
  /** A JSON array of all arguments but the first. */
  readonly argv_json: string | null;
  readonly cwd: string | null;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
}

/** Returns the next free number of a step's commands, from 1, not counting traced ones. Call it in the transaction that uses it. */
export function nextCommandNum(store: Store, stepId: string): number {
  const sql = `SELECT coalesce(max(command_num), 0) + 1 AS next FROM commands
               WHERE command_id > ?1 || '-cmd-' AND command_id < ?1 || '-cmd.'`;
  return store.get<{ next: number }>(sql, stepId)!.next;
}

export function insertCommand(
  store: Store,
  command: Omit<Command, "completed_at" | "exit_code" | "duration_ms">,
): void {
  store.run(
    `INSERT INTO commands(command_id, step_id, command_num, argv0, argv_json, cwd, started_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    command.command_id,
    command.step_id,
    command.command_num,
    command.argv0,
    command.argv_json,
    command.cwd,
    command.started_at,
  );
}

export function finishCommand(
  store: Store,
  commandId: string,
  end: { completedAt: string; exitCode: number; durationMs: number },
): void {
  store.run(
    "UPDATE commands SET completed_at = ?, exit_code = ?, duration_ms = ? WHERE command_id = ?",
    end.completedAt,
    end.exitCode,
    end.durationMs,
    commandId,
  );
}

/** The tag that says who records a command. Only commands without an end have it, and so only few rows of all history. */
export const RECORDER_TAG = "cmd.recorder";

export interface OpenCommand extends Pick<Command, "command_id" | "step_id" | "started_at"> {
  /** See RECORDER_TAG. */
  readonly recorder: string;
}

/** Returns the commands of a run that have no end, oldest first. */
export function openCommands(store: Store, runId: string): OpenCommand[] {
  // +run_id makes SQLite use the key's index instead of the one of all the run's tags.
  return store.all<OpenCommand>(
    `SELECT c.command_id, c.step_id, c.started_at, t.v AS recorder
     FROM kv t JOIN commands c ON c.command_id = t.command_id
     WHERE t.k = '${RECORDER_TAG}' AND +t.run_id = ? AND c.completed_at IS NULL ORDER BY t.kv_id`,
    runId,
  );
}
