import type { Store } from "./store.ts";

/** A command that failed inside a step, and where in which script it stands. */
export interface FailingSource {
  /** As the shell named it. */
  readonly file: string | null;
  readonly line: number | null;
  readonly function: string | null;
  readonly text: string | null;
  readonly cwd: string | null;
}

/** The last command of an attempt that ended with another code than 0; null where none is known. */
export function failingSource(store: Store, stepId: string, attempt: number): FailingSource | null {
  if (!store.hasTable("command_sources")) return null;
  return store.get<FailingSource>(
    `SELECT c.cwd, s.file, s.line, s.function, s.text
     FROM commands c JOIN command_sources s ON s.command_id = c.command_id
     WHERE c.step_id = ? AND s.attempt = ? AND c.exit_code <> 0 ORDER BY c.command_num DESC LIMIT 1`,
    stepId,
    attempt,
  );
}
