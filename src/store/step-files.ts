import { logFilesOf } from "./log-files.ts";
import type { Step } from "./steps.ts";
import type { Store } from "./store.ts";

/** Where the logs of a step's last attempt are, and its other artifacts. */
export interface StepFiles {
  /** Stored paths: relative to the run's root, or absolute. Null if no log was recorded. */
  readonly stdout: string | null;
  readonly stderr: string | null;
  readonly others: readonly { readonly kind: string; readonly path: string }[];
}

export function filesOfStep(store: Store, step: Pick<Step, "step_id" | "run_id">, attempt: number): StepFiles {
  const hasLogFiles = store.hasTable("log_files");
  const [join, column] = hasLogFiles
    ? ["LEFT JOIN log_files l ON l.artifact_id = a.artifact_id", "l.attempt"]
    : ["", "NULL"];
  const artifacts = store.all<{ kind: string; path: string; attempt: number | null; command_id: string | null }>(
    `SELECT a.kind, a.path, ${column} AS attempt, a.command_id FROM artifacts a ${join}
     WHERE a.run_id = ? AND a.step_id = ? ORDER BY +a.artifact_id`,
    step.run_id,
    step.step_id,
  );
  // An attempt that has not ended has files, but no artifacts yet.
  const files = hasLogFiles ? logFilesOf(store, step.step_id, attempt) : [];
  const logOf = (kind: string) =>
    artifacts.findLast(
      (row) => row.kind === kind && row.command_id === null && (row.attempt === null || row.attempt === attempt),
    )?.path ??
    files.find((row) => row.kind === kind)?.file ??
    null;
  return {
    stdout: logOf("stdout"),
    stderr: logOf("stderr"),
    others: artifacts.flatMap(({ kind, path, command_id: command }) =>
      command !== null || /^std(out|err)$/.test(kind) ? [] : [{ kind, path }],
    ),
  };
}

/** Returns the artifacts of a run itself. */
export function filesOfRun(store: Store, runId: string): { kind: string; path: string }[] {
  return store.all(
    "SELECT kind, path FROM artifacts WHERE run_id = ? AND step_id IS NULL ORDER BY +artifact_id",
    runId,
  );
}
