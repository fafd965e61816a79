/**
 * The least that a recorder of one step can do in Bun: it opens the database, writes the step's row, runs the command, writes
 * the end, the artifact and the lines in one transaction, and closes. It waits for locks as SQLite itself does. What
 * the benchmark measures a crowd of steps against.
 *
 * minimal-recorder DB RUN_ID NUMBER -- COMMAND …
 */
import { Database } from "bun:sqlite";

const [db, runId, number, , ...command] = Bun.argv.slice(2) as [string, string, string, string, ...string[]];
const stepId = `${runId}-step-${number}`;
const now = () => new Date().toISOString();

const store = new Database(db);
store.run("PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL");
store.run("INSERT INTO steps(step_id, run_id, step_num, step_name, started_at) VALUES (?, ?, ?, 'step', ?)", [
  stepId,
  runId,
  Number(number),
  now(),
]);
const { exitCode, stdout } = Bun.spawnSync(command, { stdio: ["ignore", "pipe", "inherit"] });
const lines = stdout.toString().split("\n").slice(0, -1);
store
  .transaction(() => {
    store.run("UPDATE steps SET exit_code = ?, completed_at = ? WHERE step_id = ?", [exitCode, now(), stepId]);
    const { lastInsertRowid } = store.run(
      "INSERT INTO artifacts(run_id, step_id, kind, path, is_text, size_bytes, created_at) VALUES (?, ?, 'stdout', ?, 1, ?, ?)",
      [runId, stepId, stepId, stdout.length, now()],
    );
    const insert = store.prepare("INSERT INTO log_lines_fts(run_id, artifact_id, line_num, text) VALUES (?, ?, ?, ?)");
    for (const [i, line] of lines.entries()) insert.run(runId, lastInsertRowid, i + 1, line);
  })
  .immediate();
store.close();
process.exitCode = exitCode;
