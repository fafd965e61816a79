/**
 * The schema is one list that only grows, which is why this file is long: a migration that has shipped is never edited,
 * reordered or removed. `user_version` stays 1, because the Go build refuses any other, so each migration is additive.
 */
export interface Migration {
  readonly name: string;
  /** If SQLite has no FTS5, the migration is skipped, and tried again at the next opening. */
  readonly needsFts5?: true;
  readonly statements: readonly string[];
}

const scope = `
  run_id TEXT NOT NULL REFERENCES scenario_runs(run_id) ON DELETE CASCADE,
  step_id TEXT REFERENCES steps(step_id) ON DELETE CASCADE,
  command_id TEXT REFERENCES commands(command_id) ON DELETE CASCADE`;

export const migrations: readonly Migration[] = [
  {
    name: "0001-go-schema-v1",
    statements: [
      `CREATE TABLE IF NOT EXISTS scenario_runs (
  run_id TEXT PRIMARY KEY,
  root_dir TEXT NOT NULL,
  suite TEXT,
  started_at TEXT NOT NULL,
  completed_at TEXT,
  exit_code INTEGER,
  duration_ms INTEGER
)`,
      `CREATE TABLE IF NOT EXISTS steps (
  step_id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES scenario_runs(run_id) ON DELETE CASCADE,
  step_num INTEGER NOT NULL,
  step_name TEXT NOT NULL,
  script_path TEXT,
  started_at TEXT NOT NULL,
  completed_at TEXT,
  exit_code INTEGER,
  duration_ms INTEGER
)`,
      "CREATE INDEX IF NOT EXISTS idx_steps_run ON steps(run_id)",
      "CREATE INDEX IF NOT EXISTS idx_steps_num ON steps(run_id, step_num)",
      `CREATE TABLE IF NOT EXISTS commands (
  command_id TEXT PRIMARY KEY,
  step_id TEXT NOT NULL REFERENCES steps(step_id) ON DELETE CASCADE,
  command_num INTEGER NOT NULL,
  argv0 TEXT,
  argv_json TEXT,
  cwd TEXT,
  started_at TEXT NOT NULL,
  completed_at TEXT,
  exit_code INTEGER,
  duration_ms INTEGER
)`,
      "CREATE INDEX IF NOT EXISTS idx_commands_step ON commands(step_id)",
      "CREATE INDEX IF NOT EXISTS idx_commands_num ON commands(step_id, command_num)",
      `CREATE TABLE IF NOT EXISTS kv (
  kv_id INTEGER PRIMARY KEY AUTOINCREMENT,${scope},
  k TEXT NOT NULL,
  v TEXT NOT NULL,
  created_at TEXT NOT NULL DEFAULT (datetime('now')),
  CHECK (command_id IS NULL OR step_id IS NOT NULL)
)`,
      "CREATE UNIQUE INDEX IF NOT EXISTS idx_kv_scope_key ON kv(run_id, step_id, command_id, k)",
      "CREATE INDEX IF NOT EXISTS idx_kv_key ON kv(k)",
      "CREATE INDEX IF NOT EXISTS idx_kv_run ON kv(run_id)",
      `CREATE TABLE IF NOT EXISTS artifacts (
  artifact_id INTEGER PRIMARY KEY AUTOINCREMENT,${scope},
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  is_text INTEGER NOT NULL DEFAULT 1,
  size_bytes INTEGER,
  sha256 TEXT,
  created_at TEXT NOT NULL DEFAULT (datetime('now')),
  CHECK (command_id IS NULL OR step_id IS NOT NULL)
)`,
      "CREATE UNIQUE INDEX IF NOT EXISTS idx_artifacts_unique_path ON artifacts(run_id, step_id, command_id, kind, path)",
      "CREATE INDEX IF NOT EXISTS idx_artifacts_run ON artifacts(run_id)",
      "CREATE INDEX IF NOT EXISTS idx_artifacts_kind ON artifacts(kind)",
      "CREATE INDEX IF NOT EXISTS idx_artifacts_is_text ON artifacts(is_text)",
      "PRAGMA user_version = 1",
    ],
  },
  {
    name: "0002-log-lines-fts",
    needsFts5: true,
    statements: [
      `CREATE VIRTUAL TABLE IF NOT EXISTS log_lines_fts USING fts5(
  run_id UNINDEXED, artifact_id UNINDEXED, line_num UNINDEXED, text, tokenize='unicode61'
)`,
      // Fewer, larger segments take 4.8 s instead of 7.2 for 850,000 lines. They are rows of the index's own config
      // table, which any SQLite honours.
      "INSERT INTO log_lines_fts(log_lines_fts, rank) VALUES ('hashsize', 4194304)",
      "INSERT INTO log_lines_fts(log_lines_fts, rank) VALUES ('automerge', 8)",
      "INSERT INTO log_lines_fts(log_lines_fts, rank) VALUES ('crisismerge', 64)",
    ],
  },
  {
    // How far an artifact is indexed, and where its lines are. Rows of one transaction are consecutive, and FTS5 seeks if
    // the rowid has literal bounds, instead of reading every match of all history.
    name: "0003-line-ranges",
    statements: [
      `CREATE TABLE IF NOT EXISTS artifact_index (
  artifact_id INTEGER PRIMARY KEY REFERENCES artifacts(artifact_id) ON DELETE CASCADE,
  state TEXT NOT NULL CHECK (state IN ('partial', 'complete')),
  lines INTEGER NOT NULL,
  bytes INTEGER NOT NULL
)`,
      `CREATE TABLE IF NOT EXISTS line_ranges (
  artifact_id INTEGER NOT NULL REFERENCES artifacts(artifact_id) ON DELETE CASCADE,
  first_rowid INTEGER NOT NULL,
  last_rowid INTEGER NOT NULL,
  PRIMARY KEY (artifact_id, first_rowid)
) WITHOUT ROWID`,
    ],
  },
  {
    // Each try of a step, and the process that records it: a row without an end whose recorder is gone was interrupted.
    // And every log file from the moment it exists, so that others can import it after its recorder died.
    name: "0004-attempts",
    statements: [
      `CREATE TABLE IF NOT EXISTS attempts (
  step_id TEXT NOT NULL REFERENCES steps(step_id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  completed_at TEXT,
  exit_code INTEGER,
  duration_ms INTEGER,
  reason TEXT,
  recorder_pid INTEGER,
  recorder_start TEXT,
  boot_id TEXT,
  pid_namespace TEXT,
  PRIMARY KEY (step_id, attempt)
) WITHOUT ROWID`,
      `CREATE TABLE IF NOT EXISTS log_files (
  file TEXT PRIMARY KEY,
  step_id TEXT NOT NULL REFERENCES steps(step_id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  kind TEXT NOT NULL,
  artifact_id INTEGER REFERENCES artifacts(artifact_id) ON DELETE CASCADE
) WITHOUT ROWID`,
      // The index has only the few rows that a report has to read.
      "CREATE INDEX IF NOT EXISTS idx_attempts_open ON attempts(step_id) WHERE completed_at IS NULL",
      "CREATE INDEX IF NOT EXISTS idx_attempts_reason ON attempts(step_id) WHERE reason IS NOT NULL",
      "CREATE INDEX IF NOT EXISTS idx_log_files_step ON log_files(step_id, attempt)",
      "CREATE INDEX IF NOT EXISTS idx_log_files_artifact ON log_files(artifact_id)",
    ],
  },
  {
    // Device, inode and birth of a log file, which do not change when somebody moves it out of the way.
    name: "0005-log-file-ids",
    statements: ["ALTER TABLE log_files ADD COLUMN file_id TEXT"],
  },
  {
    // When each stream wrote how much, for the merged view of two files. files/timeline.ts has the format.
    name: "0006-output-marks",
    statements: [
      `CREATE TABLE IF NOT EXISTS output_marks (
  step_id TEXT NOT NULL REFERENCES steps(step_id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  marks BLOB NOT NULL,
  PRIMARY KEY (step_id, attempt)
) WITHOUT ROWID`,
    ],
  },
  {
    // Where a command stands in its script: the Go build's table has no columns for it.
    name: "0007-command-sources",
    statements: [
      `CREATE TABLE IF NOT EXISTS command_sources (
  command_id TEXT PRIMARY KEY REFERENCES commands(command_id) ON DELETE CASCADE,
  attempt INTEGER NOT NULL,
  file TEXT,
  line INTEGER,
  function TEXT,
  text TEXT
) WITHOUT ROWID`,
    ],
  },
  {
    name: "0008-notes",
    statements: [
      `CREATE TABLE IF NOT EXISTS notes (
  note_id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL REFERENCES scenario_runs(run_id) ON DELETE CASCADE,
  step_id TEXT REFERENCES steps(step_id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  text TEXT NOT NULL
)`,
      "CREATE INDEX IF NOT EXISTS idx_notes_run ON notes(run_id)",
    ],
  },
  {
    // Indexes for answers that would read all of history: which run is the newest, or the first, and which logs are indexed
    // in part. The expressions repeat those of startKey letter by letter, or SQLite would not recognise the order.
    name: "0009-short-answers",
    statements: [
      `CREATE INDEX IF NOT EXISTS idx_runs_start ON scenario_runs(
  substr(started_at, 1, 19), rtrim(substr(rtrim(started_at, 'Zz'), 20), '.0')
)`,
      "CREATE INDEX IF NOT EXISTS idx_artifact_index_partial ON artifact_index(artifact_id) WHERE state = 'partial'",
    ],
  },
  {
    // Segments of the index are merged sixteen at a time, not eight: the lines of a large log are rewritten once, not
    // twice, in 0.9 x the time, and the longest pauses are half as long. A search reads more segments, for 0 to 0.9 ms.
    name: "0010-wider-merges",
    needsFts5: true,
    statements: ["INSERT INTO log_lines_fts(log_lines_fts, rank) VALUES ('automerge', 16)"],
  },
  {
    // The steps that `record` was going to run. One that was not reached is `not run` here, and has no row in `steps`,
    // which the Go build would take for a running step.
    name: "0012-planned-steps",
    statements: [
      `CREATE TABLE IF NOT EXISTS planned_steps (
  run_id TEXT NOT NULL REFERENCES scenario_runs(run_id) ON DELETE CASCADE,
  step_num INTEGER NOT NULL,
  step_name TEXT NOT NULL,
  script_path TEXT,
  state TEXT CHECK (state IN ('not run')),
  PRIMARY KEY (run_id, step_num)
) WITHOUT ROWID`,
    ],
  },
  {
    // Directories that this user's own recorder was told of, and that do not lie beside the database: a root_dir alone
    // proves nothing, because anybody may have made the file.
    name: "0013-vouched-dirs",
    statements: [
      `CREATE TABLE IF NOT EXISTS vouched_dirs (
  run_id TEXT NOT NULL REFERENCES scenario_runs(run_id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  dir TEXT NOT NULL,
  said TEXT NOT NULL,
  mark TEXT NOT NULL,
  PRIMARY KEY (run_id, kind, dir, said)
) WITHOUT ROWID`,
    ],
  },
  {
    // Runs that `prune` has hidden, and whose rows, lines and files it has yet to delete: the next `prune` goes on.
    name: "0016-pruned-runs",
    statements: [
      `CREATE TABLE IF NOT EXISTS pruned_runs (
  run_id TEXT PRIMARY KEY,
  root_dir TEXT NOT NULL,
  started_at TEXT NOT NULL
) WITHOUT ROWID`,
      `CREATE TABLE IF NOT EXISTS pruned_steps (
  step_id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL
) WITHOUT ROWID`,
      "CREATE INDEX IF NOT EXISTS idx_pruned_steps_run ON pruned_steps(run_id)",
    ],
  },
];
