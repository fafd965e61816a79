import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import path from "node:path";
import { insertArtifact } from "../../src/store/artifacts.ts";
import { appendLines } from "../../src/store/lines.ts";
import { openForWriting } from "../../src/store/open.ts";
import { insertRun } from "../../src/store/runs.ts";
import { tempDir } from "../support/program.ts";

const LINES = 1000;

/** As it was when pieces of the index were merged eight at a time. */
function asBefore(db: string): void {
  const handle = new Database(db);
  handle.run("INSERT INTO log_lines_fts(log_lines_fts, rank) VALUES ('automerge', 8)");
  handle.run("DELETE FROM scenariolog_migrations WHERE name = '0010-wider-merges'");
  handle.close();
}

test.each([
  ["a new database", () => {}],
  ["a database of an earlier version", asBefore],
])("in %s, the index writes lines anew only when there are sixteen slices of them", async (_which, change) => {
  const db = path.join(tempDir(), "x.db");
  openForWriting(db, { create: true }).close();
  change(db);
  const store = openForWriting(db, { create: false });
  insertRun(store, { run_id: "r", root_dir: "/", suite: null, started_at: "2024-01-01T00:00:00Z" });
  const log = { kind: "log", path: "x", sizeBytes: 1, sha256: "" };
  const artifactId = insertArtifact(store, { runId: "r", stepId: null }, log);
  const pieces = () => store.get<{ n: number }>("SELECT count(DISTINCT segid) AS n FROM log_lines_fts_idx")!.n;
  const add = async (slice: number) => {
    const at = (n: number) => ({ state: "partial", lines: n * LINES, bytes: n * LINES }) as const;
    const texts = Array.from({ length: LINES }, (_, i) => `a word of its own: ${slice}x${i}y${i * 7919}`);
    await appendLines(store, { runId: "r", artifactId }, texts, at(slice), at(slice + 1));
  };
  for (let slice = 0; slice < 15; slice++) await add(slice);
  expect(pieces()).toBe(15);
  for (let slice = 15; slice < 100; slice++) await add(slice);
  expect(pieces()).toBeWithin(2, 40);
  store.close();
});
