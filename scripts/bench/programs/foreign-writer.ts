/**
 * Another program that writes to a database every 0.1 s and waits for locks as SQLite itself does, for 5 s. Ends when its
 * stdin does, and prints as JSON how many writes were made and refused, and its longest wait.
 *
 * foreign-writer DB RUN_ID
 */
import { Database } from "bun:sqlite";

const [file, runId] = Bun.argv.slice(2) as [string, string];
const db = new Database(file);
db.run("PRAGMA busy_timeout = 5000");
const insert = db.prepare("INSERT INTO kv(run_id, k, v) VALUES (?, 'beside', 'x')");
const met = { writes: 0, refused: 0, longestMs: 0 };
let ended = false;
void Bun.stdin.text().then(() => {
  ended = true;
});
while (!ended) {
  const startedAt = Bun.nanoseconds();
  try {
    insert.run(runId);
    met.writes++;
  } catch {
    met.refused++;
  }
  met.longestMs = Math.max(met.longestMs, Math.round((Bun.nanoseconds() - startedAt) / 1e6));
  await Bun.sleep(100);
}
db.close();
console.log(JSON.stringify(met));
