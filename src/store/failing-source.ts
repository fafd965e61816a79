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

/**
 * Returns the last command of an attempt that ended with a code other than 0, or null. Commands with a known place come
 * first.
 */
export function failingSource(
  store: Store,
  stepId: string,
  attempt: number,
  place: { readonly file: string | null; readonly line: number | null } | null,
): FailingSource | null {
  if (!store.hasTable("command_sources")) return null;
  const at = place ? "AND s.file IS ?3 AND s.line IS ?4" : "";
  return store.get<FailingSource>(
    `SELECT c.cwd, s.file, s.line, s.function, s.text
     FROM commands c JOIN command_sources s ON s.command_id = c.command_id
     WHERE c.step_id = ?1 AND s.attempt = ?2 AND c.exit_code <> 0 ${at} ORDER BY c.command_num DESC LIMIT 1`,
    ...(place ? [stepId, attempt, place.file, place.line] : [stepId, attempt]),
  );
}
