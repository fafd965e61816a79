import { Database } from "bun:sqlite";
import fs from "node:fs";
import path from "node:path";

/**
 * Does to a database what the Go build does, with its statements: it creates the tables of version 1 and writes its rows. Its
 * times have a fraction without trailing zeros, and a whole second has none.
 */
export class GoBuild {
  readonly db: Database;

  constructor(file: string, options: { fts?: boolean } = {}) {
    this.db = new Database(file, { create: true });
    this.db.run("PRAGMA busy_timeout = 5000");
    this.db.run("PRAGMA journal_mode = WAL");
    this.db.run("PRAGMA foreign_keys = ON");
    const { user_version: version } = this.db.query("PRAGMA user_version").get() as { user_version: number };
    if (version > 1) throw new Error(`db schema version ${version} is newer than supported 1`);
    if (version < 1) this.db.transaction(() => this.#createTables(options.fts ?? true))();
  }

  run(runId: string, rootDir: string, startedAt: string, end?: { at: string; code: number; ms: number }): void {
    this.db
      .query("INSERT INTO scenario_runs VALUES (?, ?, NULL, ?, ?, ?, ?)")
      .run(runId, rootDir, startedAt, end?.at ?? null, end?.code ?? null, end?.ms ?? null);
    this.tag({ runId }, "root_dir", rootDir);
  }

  step(runId: string, num: number, startedAt: string, end?: { at: string; code: number; ms: number }): string {
    const stepId = `${runId}-step-${String(num).padStart(2, "0")}`;
    this.db
      .query("INSERT INTO steps VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?)")
      .run(stepId, runId, num, `step ${num}`, startedAt, end?.at ?? null, end?.code ?? null, end?.ms ?? null);
    this.tag({ runId, stepId }, "step.num", String(num));
    return stepId;
  }

  command(stepId: string, num: number, startedAt: string): void {
    this.db
      .query("INSERT INTO commands VALUES (?, ?, ?, 'sh', '[\"sh\"]', '/', ?, NULL, NULL, NULL)")
      .run(`${stepId}-command-${num}`, stepId, num, startedAt);
  }

  /** The Go build's upsert, which adds a row each time: the NULLs of the scope never conflict. */
  tag(scope: { runId: string; stepId?: string; commandId?: string }, key: string, value: string): void {
    this.db
      .query(
        `INSERT INTO kv(run_id, step_id, command_id, k, v) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT(run_id, step_id, command_id, k) DO UPDATE SET v = excluded.v`,
      )
      .run(scope.runId, scope.stepId ?? null, scope.commandId ?? null, key, value);
  }

  artifact(scope: { runId: string; stepId?: string }, kind: string, file: string, text: string | null): number {
    const size = text === null ? null : Buffer.byteLength(text);
    const sha256 = text === null ? null : new Bun.CryptoHasher("sha256").update(text).digest("hex");
    return Number(
      this.db
        .query("INSERT INTO artifacts(run_id, step_id, kind, path, size_bytes, sha256) VALUES (?, ?, ?, ?, ?, ?)")
        .run(scope.runId, scope.stepId ?? null, kind, file, size, sha256).lastInsertRowid,
    );
  }

  /** Indexes an artifact in one transaction. */
  index(runId: string, artifactId: number, text: string): void {
    const insert = this.db.query("INSERT INTO log_lines_fts(run_id, artifact_id, line_num, text) VALUES (?, ?, ?, ?)");
    this.db.transaction(() => {
      for (const [i, line] of text.replace(/\n$/, "").split("\n").entries()) insert.run(runId, artifactId, i + 1, line);
    })();
  }

  /** A step with its two log files on disk, recorded and indexed. Returns its id. */
  exec(runId: string, rootDir: string, num: number, texts: { stdout: string; stderr: string }, code = 0): string {
    const at = "2024-03-01T10:00:00.5Z";
    const stepId = this.step(runId, num, at, { at, code, ms: num * 10 });
    for (const kind of ["stdout", "stderr"] as const) {
      const stored = `go-logs/step-${String(num).padStart(2, "0")}-${kind}.txt`;
      fs.mkdirSync(path.join(rootDir, "go-logs"), { recursive: true });
      fs.writeFileSync(path.join(rootDir, stored), texts[kind]);
      const id = this.artifact({ runId, stepId }, kind, stored, texts[kind]);
      if (texts[kind] !== "" && this.#hasFts()) this.index(runId, id, texts[kind]);
    }
    return stepId;
  }

  close(): void {
    this.db.close();
  }

  #hasFts(): boolean {
    return this.db.query("SELECT 1 FROM sqlite_master WHERE name = 'log_lines_fts'").get() !== null;
  }

  #createTables(fts: boolean): void {
    const scope = `run_id TEXT NOT NULL, step_id TEXT, command_id TEXT`;
    const references = `
      FOREIGN KEY (run_id) REFERENCES scenario_runs(run_id) ON DELETE CASCADE,
      FOREIGN KEY (step_id) REFERENCES steps(step_id) ON DELETE CASCADE,
      FOREIGN KEY (command_id) REFERENCES commands(command_id) ON DELETE CASCADE,
      CHECK (command_id IS NULL OR step_id IS NOT NULL)`;
    const ends = "completed_at TEXT, exit_code INTEGER, duration_ms INTEGER";
    const created = "created_at TEXT NOT NULL DEFAULT (datetime('now'))";
    for (const statement of [
      `CREATE TABLE scenario_runs(run_id TEXT PRIMARY KEY, root_dir TEXT NOT NULL, suite TEXT, started_at TEXT NOT NULL, ${ends})`,
      `CREATE TABLE steps(step_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, step_num INTEGER NOT NULL, step_name TEXT NOT NULL,
         script_path TEXT, started_at TEXT NOT NULL, ${ends},
         FOREIGN KEY (run_id) REFERENCES scenario_runs(run_id) ON DELETE CASCADE)`,
      "CREATE INDEX idx_steps_run ON steps(run_id)",
      "CREATE INDEX idx_steps_num ON steps(run_id, step_num)",
      `CREATE TABLE commands(command_id TEXT PRIMARY KEY, step_id TEXT NOT NULL, command_num INTEGER NOT NULL, argv0 TEXT,
         argv_json TEXT, cwd TEXT, started_at TEXT NOT NULL, ${ends},
         FOREIGN KEY (step_id) REFERENCES steps(step_id) ON DELETE CASCADE)`,
      "CREATE INDEX idx_commands_step ON commands(step_id)",
      "CREATE INDEX idx_commands_num ON commands(step_id, command_num)",
      `CREATE TABLE kv(kv_id INTEGER PRIMARY KEY AUTOINCREMENT, ${scope}, k TEXT NOT NULL, v TEXT NOT NULL, ${created}, ${references})`,
      "CREATE UNIQUE INDEX idx_kv_scope_key ON kv(run_id, step_id, command_id, k)",
      "CREATE INDEX idx_kv_key ON kv(k)",
      "CREATE INDEX idx_kv_run ON kv(run_id)",
      `CREATE TABLE artifacts(artifact_id INTEGER PRIMARY KEY AUTOINCREMENT, ${scope}, kind TEXT NOT NULL, path TEXT NOT NULL,
         is_text INTEGER NOT NULL DEFAULT 1, size_bytes INTEGER, sha256 TEXT, ${created}, ${references})`,
      "CREATE UNIQUE INDEX idx_artifacts_unique_path ON artifacts(run_id, step_id, command_id, kind, path)",
      "CREATE INDEX idx_artifacts_run ON artifacts(run_id)",
      "CREATE INDEX idx_artifacts_kind ON artifacts(kind)",
      "CREATE INDEX idx_artifacts_is_text ON artifacts(is_text)",
      ...(fts
        ? [
            `CREATE VIRTUAL TABLE log_lines_fts USING fts5(run_id UNINDEXED, artifact_id UNINDEXED, line_num UNINDEXED, text,
               tokenize = 'unicode61')`,
          ]
        : []),
      "PRAGMA user_version = 1",
    ]) {
      this.db.run(statement);
    }
  }
}
