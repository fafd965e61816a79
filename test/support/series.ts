import { Database } from "bun:sqlite";
import type { Suite } from "./suite.ts";

export interface SeriesRun {
  /** `name: letter` or `name: [letter, ms]`, in order: P passed, F failed, S skipped, I interrupted, R passed on retry. */
  readonly steps: Readonly<Record<string, string | readonly [string, number]>>;
  readonly suite?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Planned steps that were not reached, with the numbers that follow. */
  readonly notRun?: readonly string[];
  readonly rootDir?: string;
  /** The number of the first step. */
  readonly firstNum?: number;
  /** The run has no end. */
  readonly open?: boolean;
  readonly startedAt?: string;
}

/** Adds runs to a suite's database by SQL, an hour apart, as a recorder leaves them. Returns their ids, `s0`, `s1` and so on. */
export function addSeries(suite: Suite, runs: readonly SeriesRun[], from = 0): string[] {
  const db = new Database(suite.db);
  db.run("PRAGMA foreign_keys = ON");
  try {
    return db.transaction(() => runs.map((run, i) => addRun(db, suite.dir, run, from + i)))();
  } finally {
    db.close();
  }
}

function addRun(db: Database, dir: string, spec: SeriesRun, index: number): string {
  const id = `s${index}`;
  const at = spec.startedAt ?? new Date(Date.parse("2030-01-01T00:00:00Z") + index * 3_600_000).toISOString();
  const letters = Object.values(spec.steps).map((step) => (typeof step === "string" ? step : step[0]));
  const failed = letters.includes("F");
  db.query("INSERT INTO scenario_runs VALUES (?, ?, ?, ?, ?, ?, ?)").run(
    ...[id, spec.rootDir ?? dir, spec.suite ?? "series", at],
    ...(spec.open ? [null, null, null] : [at, failed ? 1 : 0, 1000]),
  );
  const tag = (stepId: string | null, key: string, value: string) =>
    db.query("INSERT INTO kv(run_id, step_id, k, v) VALUES (?, ?, ?, ?)").run(id, stepId, key, value);
  for (const [key, value] of Object.entries(spec.tags ?? {})) tag(null, key, value);
  let num = spec.firstNum ?? 1;
  for (const [name, step] of Object.entries(spec.steps)) {
    const [letter, ms] = typeof step === "string" ? [step, 1000] : step;
    const stepId = `${id}-step-${String(num).padStart(2, "0")}`;
    const code = { F: 1, S: 77, I: 143 }[letter] ?? 0;
    db.query("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)").run(
      ...[stepId, id, num++, name, `steps/${name}.sh`, at, at, code, ms],
    );
    tag(stepId, "cmd.argv0", `${spec.rootDir ?? dir}/steps/${name}.sh`);
    const reason = { S: "skipped", I: "interrupted" }[letter] ?? null;
    const insert = db.query(
      "INSERT INTO attempts(step_id, attempt, started_at, completed_at, exit_code, duration_ms, reason) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    if (letter === "R") insert.run(stepId, 1, at, at, 1, ms, null);
    insert.run(stepId, letter === "R" ? 2 : 1, at, at, code, ms, reason);
  }
  for (const name of spec.notRun ?? []) {
    db.query("INSERT INTO planned_steps VALUES (?, ?, ?, NULL, 'not run')").run(id, num++, name);
  }
  return id;
}

/** One step over several runs, a letter each. */
export function strip(name: string, letters: string, tags: SeriesRun["tags"] = {}): SeriesRun[] {
  return [...letters].map((letter) => ({ steps: { [name]: letter }, tags }));
}
