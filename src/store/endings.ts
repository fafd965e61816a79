import type { Store } from "./store.ts";

/** Returns why the steps of a run ended whose last attempt did not end by itself, by step id; empty in a file of the Go build. */
export function endingsOf(store: Store, runId: string): Map<string, string> {
  if (!store.hasTable("attempts")) return new Map();
  const rows = store.all<{ step_id: string; reason: string }>(
    `SELECT a.step_id, a.reason FROM attempts a JOIN steps s ON s.step_id = a.step_id
     WHERE a.reason IS NOT NULL AND s.run_id = ?
       AND a.attempt = (SELECT max(attempt) FROM attempts WHERE step_id = a.step_id)`,
    runId,
  );
  return new Map(rows.map(({ step_id, reason }) => [step_id, reason]));
}
