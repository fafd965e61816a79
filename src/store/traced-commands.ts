import type { Command } from "./commands.ts";
import type { Store } from "./store.ts";

/** A command within an attempt of a step, and its place in the script. Null means that there is none, or that it is not known. */
export interface TracedCommand extends Omit<Command, "step_id"> {
  readonly file: string | null;
  readonly line: number | null;
  readonly function: string | null;
  readonly text: string;
}

/** Inserts commands within the caller's transaction. */
export function insertCommands(
  store: Store,
  step: { readonly stepId: string; readonly attempt: number },
  commands: readonly TracedCommand[],
): void {
  store.insertRows(
    `INSERT INTO commands(command_id, step_id, command_num, argv0, argv_json, cwd, started_at, completed_at, exit_code, duration_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    commands.length,
    (i) => {
      const row = commands[i]!;
      return [
        row.command_id,
        step.stepId,
        row.command_num,
        row.argv0,
        row.argv_json,
        row.cwd,
        row.started_at,
        row.completed_at,
        row.exit_code,
        row.duration_ms,
      ];
    },
  );
  store.insertRows(
    "INSERT INTO command_sources(command_id, attempt, file, line, function, text) VALUES (?, ?, ?, ?, ?, ?)",
    commands.length,
    (i) => {
      const row = commands[i]!;
      return [row.command_id, step.attempt, row.file, row.line, row.function, row.text];
    },
  );
}
