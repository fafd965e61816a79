import { startOrder } from "./runs.ts";
import type { Store } from "./store.ts";

/** A row of steps. The last three columns are null while the step has no end. */
export interface Step {
  readonly step_id: string;
  readonly run_id: string;
  readonly step_num: number;
  readonly step_name: string;
  readonly script_path: string | null;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
}

export const STEP_COLUMNS =
  "step_id, run_id, step_num, step_name, script_path, started_at, completed_at, exit_code, duration_ms";

export function insertStep(
  store: Store,
  step: Pick<Step, "step_id" | "run_id" | "step_num" | "step_name" | "script_path" | "started_at">,
): void {
  store.run(
    "INSERT INTO steps(step_id, run_id, step_num, step_name, script_path, started_at) VALUES (?, ?, ?, ?, ?, ?)",
    step.step_id,
    step.run_id,
    step.step_num,
    step.step_name,
    step.script_path,
    step.started_at,
  );
}

/** Begins a further attempt of a step: the row describes the last attempt, which has not ended. */
export function restartStep(
  store: Store,
  step: Pick<Step, "step_id" | "step_name" | "script_path" | "started_at">,
): void {
  store.run(
    `UPDATE steps SET step_name = ?, script_path = ?, started_at = ?,
       completed_at = NULL, exit_code = NULL, duration_ms = NULL
     WHERE step_id = ?`,
    step.step_name,
    step.script_path,
    step.started_at,
    step.step_id,
  );
}

export function finishStep(
  store: Store,
  stepId: string,
  end: { completedAt: string; exitCode: number; durationMs: number | null },
): void {
  store.run(
    "UPDATE steps SET completed_at = ?, exit_code = ?, duration_ms = ? WHERE step_id = ?",
    end.completedAt,
    end.exitCode,
    end.durationMs,
    stepId,
  );
}

export function findStep(store: Store, stepId: string): Step | null {
  return store.get<Step>(`SELECT ${STEP_COLUMNS} FROM steps WHERE step_id = ?`, stepId);
}

/** Returns the highest number among a run's steps; 0 if it has none. */
export function lastStepNum(store: Store, runId: string): number {
  return (
    store.get<{ last: number | null }>("SELECT max(step_num) AS last FROM steps WHERE run_id = ?", runId)!.last ?? 0
  );
}

/** Returns the steps of a run by number, and those of the same number by time. */
export function stepsOf(store: Store, runId: string): Step[] {
  const of = (order: string) =>
    store.all<Step>(`SELECT ${STEP_COLUMNS} FROM steps s WHERE run_id = ? ORDER BY step_num${order}`, runId);
  // Comparing times takes longer than all the rest, and two steps seldom have the same number.
  const steps = of("");
  const isShared = steps.some(({ step_num: num }, i) => num === steps[i + 1]?.step_num);
  return isShared ? of(`, ${startOrder("s")}`) : steps;
}
