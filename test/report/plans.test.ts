import { Database, type Statement } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import path from "node:path";
import { failures } from "../../src/report/failures.ts";
import { hits } from "../../src/report/hits.ts";
import { runs } from "../../src/report/runs.ts";
import { steps } from "../../src/report/steps.ts";
import { summary } from "../../src/report/summary.ts";
import { timings } from "../../src/report/timings.ts";
import { insertArtifact } from "../../src/store/artifacts.ts";
import { finishAttempt, insertAttempt } from "../../src/store/attempts.ts";
import { lastPassed } from "../../src/store/last-passed.ts";
import { appendLines } from "../../src/store/lines.ts";
import { openForReading, openForWriting } from "../../src/store/open.ts";
import { findRun, insertRun } from "../../src/store/runs.ts";
import { finishStep, insertStep, stepsOf } from "../../src/store/steps.ts";
import type { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/program.ts";

const RUNS = 200;
const LINES = 10;
const NOBODY = { recorder_pid: null, recorder_start: null, boot_id: null, pid_namespace: null };
const search = { query: "frequent", literal: false, limit: 100 };

/** What is asked often, and of a file that grows with every run. */
const answers: Record<string, (store: Store) => unknown> = {
  "search in all runs": (store) => hits(store, { selector: null, ...search }),
  "search in the newest run": (store) => hits(store, { selector: "latest", ...search }),
  summary: (store) => summary(store, "latest"),
  failures: (store) => failures(store, "latest"),
  timings: (store) => timings(store, "latest", 10),
  steps: (store) => steps(store, "latest"),
  runs: (store) => runs(store, { suite: null, status: null, tags: [], sinceMs: null, limit: 20 }),
  "when a step passed last": (store) => {
    const run = findRun(store, "latest");
    return lastPassed(store, run, stepsOf(store, run.run_id)[0]!);
  },
  "the latest failed run": (store) => findRun(store, "latest-failed"),
};

let file: string;

beforeAll(async () => {
  file = path.join(tempDir(), "past.db");
  const store = openForWriting(file, { create: true });
  for (let r = 0; r < RUNS; r++) {
    const started_at = `2024-01-01T00:00:${String(r % 60).padStart(2, "0")}.${1 + (r % 7)}Z`;
    const [run_id, step_id] = [`run-${r}`, `run-${r}-step-01`];
    insertRun(store, { run_id, root_dir: "/", suite: null, started_at });
    insertStep(store, { step_id, run_id, step_num: 1, step_name: "n", script_path: null, started_at });
    const end = { completedAt: started_at, exitCode: r === 50 ? 0 : 1, durationMs: 5 };
    finishAttempt(store, step_id, insertAttempt(store, step_id, started_at, NOBODY), { ...end, reason: null });
    finishStep(store, step_id, end);
    const artifact = { kind: "stdout", path: `${r}.txt`, sizeBytes: 100, sha256: "" };
    const artifactId = insertArtifact(store, { runId: run_id, stepId: step_id }, artifact);
    await appendLines(
      store,
      { runId: run_id, artifactId },
      Array.from({ length: LINES }, () => "frequent"),
      { state: "partial", lines: 0, bytes: 0 },
      { state: r === 5 ? "partial" : "complete", lines: LINES, bytes: 100 },
    );
  }
  store.close();
});

describe("no table is read from end to end, however long the past, for", () => {
  test.each(Object.keys(answers).filter((name) => name !== "runs"))("%s", (name) => {
    expect(scansOf(answers[name]!)).toEqual([]);
  });

  test("runs, but to see that the short ids are nobody else's", () => {
    expect(scansOf(answers.runs!)).toEqual([
      "SCAN scenario_runs USING COVERING INDEX sqlite_autoindex_scenario_runs_1",
    ]);
  });
});

describe("a file from before there were indexes for that gives the same", () => {
  let older: Store;
  let newer: Store;
  beforeAll(() => {
    const copy = path.join(path.dirname(file), "older.db");
    const db = new Database(file);
    db.run("VACUUM INTO ?", [copy]);
    db.close();
    const changed = new Database(copy);
    for (const index of ["idx_runs_start", "idx_artifact_index_partial"]) changed.run(`DROP INDEX ${index}`);
    changed.close();
    [older, newer] = [openForReading(copy), openForReading(file)];
  });
  afterAll(() => {
    older.close();
    newer.close();
  });

  test.each(Object.entries(answers))("%s", (_name, answer) => {
    expect(answer(older)).toEqual(answer(newer));
  });

  test("first hundred of all lines, those of the oldest runs, and the same log that is not wholly indexed", () => {
    const { rows, unindexed } = hits(newer, { selector: null, ...search });
    const oldest = Array.from({ length: RUNS }, (_, r) => ({ r, second: r % 60, fraction: r % 7 }))
      .sort((a, b) => a.second - b.second || a.fraction - b.fraction || a.r - b.r)
      .slice(0, search.limit / LINES)
      .map(({ r }) => `run-${r}`);
    expect([...new Set(rows.map((row) => row.at(-1)))]).toEqual(oldest);
    expect(rows).toHaveLength(search.limit);
    expect(unindexed).toBe(1);
  });
});

/** Steps of SQLite's plans that go through a whole table, or through an index of one that has an entry for every row. */
function scansOf(answer: (store: Store) => unknown): string[] {
  const store = openForReading(file);
  const asked = new Set<string>();
  const prepare = Database.prototype.prepare;
  const spy = spyOn(Database.prototype, "prepare").mockImplementation(function (this: Database, sql: string) {
    asked.add(sql);
    return prepare.call(this, sql) as Statement;
  } as typeof prepare);
  try {
    answer(store);
  } finally {
    spy.mockRestore();
    store.close();
  }
  expect(asked.size).toBeGreaterThan(0);
  const db = new Database(file);
  const scans = [...asked].flatMap((sql) => {
    const plan = db.query(`EXPLAIN QUERY PLAN ${sql}`).values() as [number, number, number, string][];
    return plan.map((row) => row[3]).filter((detail) => /^SCAN /.test(detail) && !isShort(detail, sql));
  });
  db.close();
  return scans;
}

function isShort(detail: string, sql: string): boolean {
  // What was found so far, or was given; lines of these numbers, or with a word.
  if (/ VIRTUAL TABLE INDEX (?:1:|\d+:[=M])|^SCAN (?:run|\(subquery-\d+\))$/.test(detail)) return true;
  // The few that are not complete; runs in their order, as far as they are wanted.
  return / idx_artifact_index_partial$/.test(detail) || (/ idx_runs_start$/.test(detail) && /\bLIMIT\b/.test(sql));
}
