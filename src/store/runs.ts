import { ScenariologError } from "../errors.ts";
import { statusOfRun } from "../model/run-status.ts";
import { countsOfRuns, type RunCounts } from "./run-counts.ts";
import type { Store } from "./store.ts";

/** A row of scenario_runs. The last three columns are null while the run has no end. */
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

/** Throws if the id exists already. */
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

/** Returns null if there is none of exactly this id. */
export function runOfId(store: Store, runId: string): Run | null {
  return store.get<Run>(`SELECT ${COLUMNS} FROM scenario_runs WHERE run_id = ?`, runId);
}

/**
 * Finds the run that RUN or `--run-id` means: an id, `latest`, `latest-failed`, `latest-passed`, `latest~N` (N runs before the
 * latest), the beginning of exactly one id, or its end (at least four characters; `runs` shows the last eight). Throws NO_RUN if
 * there is none or more than one, and for "": a harness whose `run start` failed must not record into another run.
 */
export function findRun(store: Store, selector: string): Run {
  if (selector === "") {
    throw new ScenariologError("NO_RUN", "the run id is empty", {
      hint: "did run start fail? else give --run-id latest",
    });
  }
  const exact = runOfId(store, selector);
  if (exact) return exact;
  if (selector === "latest") return latestRun(store);
  if (selector === "latest-failed") return latestFailedRun(store);
  if (selector === "latest-passed") return latestPassedRun(store);
  const back = /^latest~(\d{1,9})$/.exec(selector);
  if (back) return latestRun(store, Number(back[1]));
  // Not LIKE, which folds case and gives % and _ a meaning; U+10FFFF sorts behind every other character.
  const beginning = store.all<Run>(
    `SELECT ${COLUMNS} FROM scenario_runs WHERE run_id >= ? AND run_id < ? LIMIT 3`,
    selector,
    `${selector}\u{10FFFF}`,
  );
  if (beginning.length > 0) return onlyOne(store, selector, "beginning", beginning);
  const ending =
    selector.length < SHORTEST_END
      ? []
      : store.all<Run>(
          `SELECT ${COLUMNS} FROM scenario_runs WHERE substr(run_id, -length(?1)) = ?1 ORDER BY run_id LIMIT 3`,
          selector,
        );
  if (ending.length > 0) return onlyOne(store, selector, "end", ending);
  throw new ScenariologError("NO_RUN", `no run ${selector} in ${store.path}`, {
    hint: "give a run id, its beginning or end, latest, latest-failed, latest-passed, or latest~1",
  });
}

/** Fewer characters are more likely a typing error than the end of an id. */
const SHORTEST_END = 4;

function onlyOne(store: Store, selector: string, part: string, matches: readonly Run[]): Run {
  if (matches.length === 1) return matches[0]!;
  throw new ScenariologError("NO_RUN", `${selector} is the ${part} of more than one run id in ${store.path}`, {
    hint: `among them: ${matches.map((run) => run.run_id).join(", ")}`,
  });
}

/** Returns runs, newest first, of one suite if it is given. A negative limit means no limit. */
export function newestRuns(store: Store, suite: string | null, limit: number, offset = 0): Run[] {
  return store.all<Run>(
    `SELECT ${COLUMNS} FROM scenario_runs r WHERE ?1 IS NULL OR suite = ?1
     ORDER BY ${startOrder("r", "DESC")} LIMIT ?2 OFFSET ?3`,
    suite,
    limit,
    offset,
  );
}

/** Returns the ids of runs, oldest first: at most `limit` after the first `offset`. A negative limit means no limit. */
export function oldestRunIds(store: Store, limit: number, offset: number): string[] {
  const sql = `SELECT run_id FROM scenario_runs r ORDER BY ${startOrder("r")} LIMIT ? OFFSET ?`;
  return store.all<{ run_id: string }>(sql, limit, offset).map((row) => row.run_id);
}

/** Makes an ORDER BY list for rows with a `started_at`, by time and then by insertion. */
export function startOrder(table: string, direction: "ASC" | "DESC" = "ASC"): string {
  return startKey(table)
    .map((part) => `${part} ${direction}`)
    .join(", ");
}

/**
 * Returns the expressions that order rows with a `started_at`. The text alone does not sort, because the Go build trims zeros
 * of the fraction, but the second and the fraction each do. Runs have an index of these expressions.
 */
export function startKey(table: string): string[] {
  const time = `${table}.started_at`;
  return [`substr(${time}, 1, 19)`, `rtrim(substr(rtrim(${time}, 'Zz'), 20), '.0')`, `${table}.rowid`];
}

function latestRun(store: Store, back = 0): Run {
  const [latest] = newestRuns(store, null, 1, back);
  if (latest) return latest;
  if (back > 0 && newestRuns(store, null, 1).length > 0) {
    throw new ScenariologError("NO_RUN", `${store.path} has no run ${back} before the latest`, {
      hint: "scenariolog runs lists them",
    });
  }
  throw new ScenariologError("NO_RUN", `no runs in ${store.path}`, {
    hint: `start one: scenariolog run start --db ${store.path} --root-dir .`,
  });
}

/**
 * Finds the newest run that failed. A run without an end counts if one of its steps has failed. Candidates are found by their
 * codes, a few at a time, and judged by the rule that every report uses.
 */
function latestFailedRun(store: Store): Run {
  for (let look = FIRST_LOOK, offset = 0; ; offset += look, look *= 2) {
    // The runs are put in order first, so that only the newest ones have their steps read: LIMIT -1 keeps SQLite from
    // joining the two queries.
    const candidates = store.all<Run>(
      `SELECT ${COLUMNS} FROM (SELECT * FROM scenario_runs r ORDER BY ${startOrder("r", "DESC")} LIMIT -1) run
       WHERE exit_code <> 0 OR EXISTS (
         SELECT 1 FROM steps s WHERE s.run_id = run.run_id
           AND (s.exit_code <> 0 OR (run.completed_at IS NOT NULL AND s.completed_at IS NULL)))
       LIMIT ? OFFSET ?`,
      look,
      offset,
    );
    const counts = countsOfRuns(
      store,
      candidates.map(({ run_id }) => run_id),
    );
    const failed = candidates.find((run) => hasFailed(run, counts.get(run.run_id)!));
    if (failed) return failed;
    if (candidates.length < look) break;
  }
  latestRun(store); // throws if there is no run at all
  throw new ScenariologError("NO_RUN", `no run in ${store.path} has failed`, {
    hint: "give a run id, or latest",
  });
}

/** The newest run that passed, as every report judges it. */
function latestPassedRun(store: Store): Run {
  for (let look = FIRST_LOOK, offset = 0; ; offset += look, look *= 2) {
    const candidates = newestRuns(store, null, look, offset);
    const counts = countsOfRuns(
      store,
      candidates.map(({ run_id }) => run_id),
    );
    const passed = candidates.find((run) => hasPassed(run, counts.get(run.run_id)!));
    if (passed) return passed;
    if (candidates.length < look) break;
  }
  latestRun(store); // throws if there is no run at all
  throw new ScenariologError("NO_RUN", `no run in ${store.path} has passed`, { hint: "give a run id, or latest" });
}

/** Few of the runs that did not pass were interrupted. */
const FIRST_LOOK = 8;

function hasFailed(run: Run, counts: RunCounts): boolean {
  if (run.completed_at === null) return counts.failed > 0;
  return statusOfRun({ ...run, reason: counts.tags.get("exit.reason") }, counts, 0) === "failed";
}

/** A run without an end has not passed yet. */
function hasPassed(run: Run, counts: RunCounts): boolean {
  if (run.completed_at === null) return false;
  return statusOfRun({ ...run, reason: counts.tags.get("exit.reason") }, counts, 0) === "passed";
}
