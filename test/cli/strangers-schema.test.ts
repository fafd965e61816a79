import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { type Result, scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

const suite = await startSuite();
await suite.exec(["--step-num", "1"], ["sh", "-c", "echo some words; exit 3"]);
await suite.verb("note", ["--run-id", suite.runId, "--step", "1", "seen"]);

/** A copy of a recorded database, changed by a stranger, in a directory of its own. */
function changed(...statements: readonly string[]): string {
  const db = path.join(tempDir(), "sent.db");
  const source = new Database(suite.db, { readonly: true });
  source.run(`VACUUM INTO '${db}'`);
  source.close();
  const handle = new Database(db);
  handle.run("PRAGMA foreign_keys = OFF");
  for (const statement of statements) handle.run(statement);
  handle.close();
  return db;
}

const VERBS: readonly (readonly string[])[] = [
  ["why"],
  ["steps"],
  ["runs"],
  ["summary"],
  ["failures"],
  ["timings"],
  ["artifacts"],
  ["notes"],
  ["log", "1"],
  ["verify"],
  ["search", "--query", "words"],
  ["index", "fts", "--run-id", suite.runId],
  ["run", "end", "--run-id", suite.runId],
];

async function answers(db: string, verbs = VERBS): Promise<readonly (Result & { verb: string; ms: number })[]> {
  const results = [];
  for (const words of verbs) {
    const sinceMs = Date.now();
    results.push({ verb: words.join(" "), ...(await scenariolog([...words, "--db", db])), ms: Date.now() - sinceMs });
  }
  return results;
}

const ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT";

/** A table anew, with its rows, by another definition. */
function redefined(table: string, definition: string): string[] {
  return [
    `CREATE TABLE copy AS SELECT * FROM ${table}`,
    `DROP TABLE ${table}`,
    definition,
    `INSERT OR IGNORE INTO ${table} SELECT * FROM copy`,
    "DROP TABLE copy",
  ];
}

const notes = (text: string) =>
  redefined(
    "notes",
    `CREATE TABLE notes (note_id INTEGER PRIMARY KEY, run_id TEXT, step_id TEXT, created_at TEXT, ${text})`,
  );

const hostile: [string, string[]][] = [
  ["a trigger", ["CREATE TRIGGER boom AFTER UPDATE ON scenario_runs BEGIN SELECT hex(zeroblob(1e9)); END"]],
  ["a trigger on a table of nobody's", ["CREATE TABLE x(a)", "CREATE TRIGGER t DELETE ON x BEGIN SELECT 1; END"]],
  ["an endless view", ["DROP TABLE steps", `CREATE VIEW steps AS ${ENDLESS} x AS step_id, 1 AS run_id FROM c`]],
  ["an endless view of notes", ["DROP TABLE notes", `CREATE VIEW notes AS ${ENDLESS} x AS run_id FROM c`]],
  ["an index table that is a view", ["DROP TABLE log_lines_fts", `CREATE VIEW log_lines_fts AS ${ENDLESS} x FROM c`]],
  [
    "an index table of another content",
    ["DROP TABLE log_lines_fts", "CREATE VIRTUAL TABLE log_lines_fts USING fts5(run_id, text, content='kv')"],
  ],
  [
    "an index table of another tokenizer",
    [
      "DROP TABLE log_lines_fts",
      "CREATE VIRTUAL TABLE log_lines_fts USING fts5(run_id UNINDEXED, artifact_id UNINDEXED, line_num UNINDEXED, text, tokenize='trigram')",
    ],
  ],
  [
    "another virtual table",
    ["DROP TABLE notes", "CREATE VIRTUAL TABLE notes USING fts5(run_id, step_id, created_at, text)"],
  ],
  [
    "a generated column",
    [
      "DROP TABLE notes",
      "CREATE TABLE notes (note_id, run_id, step_id, created_at, text AS (hex(zeroblob(400000000))))",
    ],
  ],
  ["a check that calls a function", notes("text TEXT CHECK (length(hex(zeroblob(100000000))) > 0)")],
  ["a default that calls a function", notes("text TEXT DEFAULT (printf('%.*c', 400000000, 'x'))")],
  ["a function by a quoted name", notes(`text TEXT CHECK ("hex"(text) <> '')`)],
  ["a function behind a comment", notes("text TEXT CHECK (hex/* ( */(text) <> '')")],
  ["an index of an expression", ["CREATE INDEX i ON steps(hex(zeroblob(100)))"]],
  ["a partial index", ["CREATE INDEX i ON steps(run_id) WHERE step_name GLOB '*a*b*c*'"]],
  [
    "a table that a foreign key ties to ours",
    ["CREATE TABLE x (r REFERENCES steps(step_id) ON DELETE CASCADE, CHECK (length(hex(zeroblob(9))) > 0))"],
  ],
];

test.each(hostile)("no verb queries a database that has %s", async (_, statements) => {
  const db = changed(...statements);
  const bytes = fs.readFileSync(db);
  for (const { verb, stdout, stderr, code, ms } of await answers(db)) {
    expect({ verb, code, stdout }).toEqual({ verb, code: 1, stdout: "" });
    expect(stderr).toMatch(/^Error: database \S+ has (?:an? |another )[^\n]+, which no recorder makes\n/);
    expect(ms).toBeLessThan(20_000);
  }
  expect(fs.readFileSync(db).equals(bytes)).toBe(true);
});

test("tables that a person adds do not matter", async () => {
  const db = changed(
    "CREATE TABLE mine (a TEXT DEFAULT (hex('x')), b AS (upper(a)))",
    "CREATE INDEX mine_a ON mine(lower(a))",
    "CREATE VIEW failed AS SELECT * FROM steps WHERE exit_code <> 0",
    "CREATE VIRTUAL TABLE notes_fts USING fts5(text)",
    "CREATE INDEX extra ON steps(step_name)",
    "ANALYZE",
  );
  for (const { verb, stderr } of await answers(db))
    expect({ verb, refused: stderr.includes("no recorder makes") }).toEqual({ verb, refused: false });
});

const values: [string, string, RegExp][] = [
  ["a BLOB in a path", "UPDATE artifacts SET path = x'00ff'", /a BLOB of 2 bytes as path/],
  ["a BLOB in a name", "UPDATE steps SET step_name = x'41'", /a BLOB of 1 bytes as step_name/],
  ["a BLOB in a root", "UPDATE scenario_runs SET root_dir = x'2f'", /a BLOB of 1 bytes as root_dir/],
  ["text in a number", "UPDATE steps SET step_num = 'one'", /text as step_num/],
  ["a negative number", "UPDATE steps SET step_num = -1", /the negative number -1 as step_num/],
  ["a fraction", "UPDATE steps SET exit_code = 1.5", /the number 1.5 as exit_code/],
  ["an infinite time", "UPDATE steps SET duration_ms = 9e999", /the number Infinity as duration_ms/],
  ["a number beyond 2^53", "UPDATE steps SET exit_code = 9223372036854775807", /the number \d+ as exit_code/],
  [
    "a name of 100 MB",
    "UPDATE steps SET step_name = printf('%.*c', 100000000, 'x')",
    /100000000 characters as step_name/,
  ],
];

test.each(values)("%s is named in one line, and costs no time", async (_, statement, said) => {
  const db = changed(statement);
  const results = await answers(db);
  expect(results.filter(({ stderr }) => said.test(stderr)).length).toBeGreaterThan(1);
  for (const { verb, stderr, ms } of results) {
    expect({ verb, defect: stderr.includes("defect") }).toEqual({ verb, defect: false });
    expect({ verb, lines: (stderr.match(/^Error: /gm) ?? []).length }).not.toEqual({ verb, lines: 2 });
    expect({ verb, slow: ms > 10_000 }).toEqual({ verb, slow: false });
  }
});

test("invalid JSON, invalid times and invalid timelines stop no report", async () => {
  const db = changed(
    "UPDATE kv SET v = '{[' WHERE k = 'cmd.args_json'",
    "UPDATE steps SET started_at = 'never', completed_at = 'x'",
    "UPDATE scenario_runs SET started_at = ''",
    "UPDATE attempts SET started_at = '9999', recorder_start = 'x'",
    "INSERT OR REPLACE INTO output_marks SELECT step_id, 1, x'ffffffffffffffffff' FROM steps",
  );
  for (const { verb, stderr } of await answers(db)) {
    expect({ verb, stderr }).toEqual({ verb, stderr: expect.not.stringContaining("defect") });
  }
});
