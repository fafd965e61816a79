import { ScenariologError } from "../errors.ts";
import { parseTime } from "../model/time.ts";
import type { Store } from "./store.ts";

/** A row of scenario_runs. A run that has no end has null in the last three. */
export interface Run {
  readonly run_id: string;
  readonly root_dir: string;
  readonly suite: string | null;
  readonly started_at: string;
  readonly completed_at: string | null;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
}

const COLUMNS = "run_id, root_dir, suite, started_at, completed_at, exit_code, duration_ms";

/** Throws when the id exists already. */
export function insertRun(store: Store, run: Pick<Run, "run_id" | "root_dir" | "suite" | "started_at">): void {
  if (store.get("SELECT 1 FROM scenario_runs WHERE run_id = ?", run.run_id)) {
    throw new ScenariologError("NO_RUN", `run ${run.run_id} exists already`, {
      hint: "leave out --run-id, or give another one",
    });
  }
  store.run(
    "INSERT INTO scenario_runs(run_id, root_dir, suite, started_at) VALUES (?, ?, ?, ?)",
    run.run_id,
    run.root_dir,
    run.suite,
    run.started_at,
  );
}

export function finishRun(
  store: Store,
  runId: string,
  end: { completedAt: string; exitCode: number; durationMs: number },
): void {
  store.run(
    "UPDATE scenario_runs SET completed_at = ?, exit_code = ?, duration_ms = ? WHERE run_id = ?",
    end.completedAt,
    end.exitCode,
    end.durationMs,
    runId,
  );
}

/**
 * The run that a `--run-id` means: an id, `latest` (or ""), or the beginning of exactly one id. Throws with code
 * NO_RUN when there is none or more than one.
 */
export function findRun(store: Store, selector: string): Run {
  if (selector === "" || selector === "latest") return latestRun(store);
  const exact = store.get<Run>(`SELECT ${COLUMNS} FROM scenario_runs WHERE run_id = ?`, selector);
  if (exact) return exact;
  // Not LIKE, which folds case and gives % and _ a meaning; U+10FFFF sorts behind every other character.
  const matches = store.all<Run>(
    `SELECT ${COLUMNS} FROM scenario_runs WHERE run_id >= ? AND run_id < ? LIMIT 3`,
    selector,
    `${selector}\u{10FFFF}`,
  );
  if (matches.length === 1) return matches[0]!;
  if (matches.length === 0) {
    throw new ScenariologError("NO_RUN", `no run ${selector} in ${store.path}`, {
      hint: "give a run id, the beginning of one, or latest",
    });
  }
  throw new ScenariologError("NO_RUN", `${selector} is the beginning of more than one run id in ${store.path}`, {
    hint: `among them: ${matches.map((run) => run.run_id).join(", ")}`,
  });
}

/** All runs, oldest first. */
export function allRuns(store: Store): Run[] {
  return store.all<Run & { at: number }>(`SELECT ${COLUMNS}, rowid AS at FROM scenario_runs`).sort(byStart);
}

/**
 * The text of a time sorts only down to the second (the Go build trims zeros of the fraction): the newest second is
 * found by text, the newest run within it by number.
 */
function latestRun(store: Store): Run {
  const runs = store.all<Run & { at: number }>(
    `SELECT ${COLUMNS}, rowid AS at FROM scenario_runs
     WHERE substr(started_at, 1, 19) = (SELECT max(substr(started_at, 1, 19)) FROM scenario_runs)`,
  );
  const latest = runs.sort(byStart).at(-1);
  if (latest) return latest;
  throw new ScenariologError("NO_RUN", `no runs in ${store.path}`, {
    hint: `start one: scenariolog run start --db ${store.path} --root-dir .`,
  });
}

function byStart(a: Run & { at: number }, b: Run & { at: number }): number {
  const from = parseTime(a.started_at) ?? 0n;
  const to = parseTime(b.started_at) ?? 0n;
  return from < to ? -1 : from > to ? 1 : a.at - b.at;
}
