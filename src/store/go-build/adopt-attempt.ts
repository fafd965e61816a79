import type { Store } from "../store.ts";

/** Records the one attempt that a step of the Go build is. Does nothing if the step has attempts already. */
export function adoptAttempt(store: Store, stepId: string): void {
  store.run(
    `INSERT INTO attempts(step_id, attempt, started_at, completed_at, exit_code, duration_ms)
     SELECT step_id, 1, started_at, completed_at, exit_code, duration_ms FROM steps
     WHERE step_id = ?1 AND NOT EXISTS (SELECT 1 FROM attempts WHERE step_id = ?1)`,
    stepId,
  );
}
