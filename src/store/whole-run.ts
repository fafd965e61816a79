import type { Attempt } from "./attempts.ts";
import type { Command } from "./commands.ts";
import type { Store } from "./store.ts";

/** Returns every attempt of every step of a run, by step and number; none in a file of the Go build. */
export function attemptsOfRun(store: Store, runId: string): Attempt[] {
  if (!store.hasTable("attempts")) return [];
  return store.all<Attempt>(
    `SELECT a.* FROM steps s CROSS JOIN attempts a ON a.step_id = s.step_id
     WHERE s.run_id = ? ORDER BY s.step_num, a.step_id, a.attempt`,
    runId,
  );
}

/** A command with its place in the script. The last five columns are null for a command without a trace. */
export interface RunCommand extends Command {
  readonly attempt: number | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly function: string | null;
  /** The command as the shell shows it. */
  readonly text: string | null;
}

/** Returns the last `most` commands of each step of a run, in their order. */
export function commandsOfRun(store: Store, runId: string, most: number): RunCommand[] {
  const [columns, join] = store.hasTable("command_sources")
    ? ["s.attempt, s.file, s.line, s.function, s.text", "LEFT JOIN command_sources s ON s.command_id = c.command_id"]
    : ["NULL AS attempt, NULL AS file, NULL AS line, NULL AS function, NULL AS text", ""];
  return store.all<RunCommand>(
    `SELECT * FROM (
       SELECT c.*, ${columns}, row_number() OVER (PARTITION BY c.step_id ORDER BY c.command_num DESC) AS from_end
       FROM steps st CROSS JOIN commands c ON c.step_id = st.step_id ${join} WHERE st.run_id = ?1)
     WHERE from_end <= ?2 ORDER BY step_id, command_num`,
    runId,
    most,
  );
}

/** Counts the commands of each step of a run, by step id; absent for none. */
export function commandCounts(store: Store, runId: string): Map<string, number> {
  const rows = store.all<{ step_id: string; n: number }>(
    `SELECT c.step_id, count(*) AS n FROM steps st CROSS JOIN commands c ON c.step_id = st.step_id
     WHERE st.run_id = ? GROUP BY c.step_id`,
    runId,
  );
  return new Map(rows.map(({ step_id, n }) => [step_id, n]));
}

/** Returns the tags of all steps of a run, by step id, in their first order. Of duplicates the newest counts. */
export function tagsOfAllSteps(store: Store, runId: string): Map<string, Map<string, string>> {
  const rows = store.all<{ step_id: string; k: string; v: string }>(
    `SELECT step_id, k, v FROM kv WHERE run_id = ? AND step_id IS NOT NULL AND command_id IS NULL ORDER BY +kv_id`,
    runId,
  );
  const tags = new Map<string, Map<string, string>>();
  for (const { step_id: id, k, v } of rows) {
    const own = tags.get(id) ?? new Map<string, string>();
    tags.set(id, own.set(k, v));
  }
  return tags;
}
