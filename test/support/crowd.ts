import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { fixture } from "./fixtures.ts";
import type { Suite } from "./suite.ts";

/** The command of a step of a crowd: each line names its step and its number. */
function printer(step: number, lines: number): string[] {
  return ["seq", "-f", `step ${step} line %.0f`, "1", String(lines)];
}

/** How another writer fared meanwhile. */
interface Waits {
  readonly writes: number;
  readonly refused: number;
  readonly longestMs: number;
}

export interface Probe {
  /** A writer that waits by SQLite's own means, as every other program does. */
  readonly sqlite: Waits;
  /** A writer that waits as scenariolog does. */
  readonly ours: Waits;
}

/**
 * Records `steps` steps at once, while reports are asked for in a loop and another program writes to the database.
 * Expects that no command fails or warns. Steps are numbered from `first`.
 */
export async function recordCrowd(suite: Suite, first: number, steps: number, lines: number): Promise<Probe> {
  const startMs = performance.now();
  const probe = startProbe(suite);
  let recording = true;
  const readers = [readSummary(suite, () => recording), readHits(suite, () => recording)];
  const results = await Promise.all(
    Array.from({ length: steps }, (_, i) =>
      suite.exec(["--step-num", String(first + i), "--name", `crowd ${first + i}`], printer(first + i, lines)),
    ),
  );
  recording = false;
  const reads = await Promise.all(readers);
  for (const [i, result] of results.entries()) {
    const id = `${suite.runId}-step-${String(first + i).padStart(2, "0")}`;
    const line = new RegExp(
      `^\\[scenariolog\\] step=${RegExp.escape(id)} exit=0 duration_ms=\\d+ stdout=\\S+ stderr=\\S+\\n$`,
    );
    expect(result).toMatchObject({ stdout: "", stderr: expect.stringMatching(line), code: 0 });
  }
  const met = await probe.end();
  expect(met.ours).toMatchObject({ refused: 0 });
  const waits = ({ longestMs, writes, refused }: Waits) => `${longestMs} ms in ${writes} writes, ${refused} refused`;
  console.log(
    `${steps} steps of ${lines} lines in ${Math.round((performance.now() - startMs) / 100) / 10} s, ${reads.join(" and ")} reports; ` +
      `another writer's longest wait: ${waits(met.ours)}; by SQLite's own means: ${waits(met.sqlite)}`,
  );
  return met;
}

/** Expects every step, file and line to be there exactly one time, and the database and its index to be sound. */
export function expectWhole(suite: Suite, first: number, steps: number, lines: number): void {
  const db = new Database(suite.db);
  try {
    const all = (sql: string, ...params: (string | number)[]) =>
      db.query(sql).all(...params) as Record<string, unknown>[];
    const rows = all(
      "SELECT step_num, exit_code FROM steps WHERE step_num >= ? AND step_num < ? AND completed_at IS NOT NULL ORDER BY step_num",
      first,
      first + steps,
    );
    expect(rows).toEqual(Array.from({ length: steps }, (_, i) => ({ step_num: first + i, exit_code: 0 })));

    const artifacts = all(
      `SELECT s.step_num, a.artifact_id, a.kind, a.path, a.size_bytes, i.state, i.lines, i.bytes FROM artifacts a JOIN steps s USING (step_id)
       LEFT JOIN artifact_index i USING (artifact_id) WHERE s.step_num >= ? AND s.step_num < ? ORDER BY 1, 3`,
      first,
      first + steps,
    );
    expect(artifacts).toHaveLength(2 * steps);
    for (const { artifact_id, kind, path: stored, size_bytes, ...index } of artifacts) {
      const size = fs.statSync(path.join(suite.dir, String(stored))).size;
      const count = kind === "stdout" ? lines : 0;
      expect({ artifact_id, size_bytes, ...index }).toMatchObject({
        size_bytes: size,
        state: "complete",
        lines: count,
        bytes: size,
      });
    }
    expectLines(all, first, steps, lines);
    expect(all("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    db.run("PRAGMA busy_timeout = 5000");
    db.run("INSERT INTO log_lines_fts(log_lines_fts) VALUES ('integrity-check')");
  } finally {
    db.close();
  }
}

/** Checks in one pass over the index: a line that is wrong, missing or doubled makes a count differ. */
function expectLines(
  all: (sql: string, ...params: (string | number)[]) => Record<string, unknown>[],
  first: number,
  steps: number,
  lines: number,
): void {
  const found = all(
    `SELECT s.step_num, count(*) AS lines, count(DISTINCT l.line_num) AS numbers, max(l.line_num) AS last,
       total(l.text <> 'step ' || s.step_num || ' line ' || l.line_num) AS wrong
     FROM log_lines_fts l JOIN artifacts a ON a.artifact_id = l.artifact_id JOIN steps s ON s.step_id = a.step_id
     WHERE s.step_num >= ? AND s.step_num < ? GROUP BY s.step_num ORDER BY s.step_num`,
    first,
    first + steps,
  );
  expect(found).toEqual(
    Array.from({ length: steps }, (_, i) => ({ step_num: first + i, lines, numbers: lines, last: lines, wrong: 0 })),
  );
}

/** Expects that counts never go down and no report fails. Returns the number of reports. */
async function readSummary(suite: Suite, goOn: () => boolean): Promise<number> {
  let before = 0;
  let reads = 0;
  for (; goOn(); reads++) {
    const [row] = await suite.rows("summary");
    expect(row).toMatchObject({ failed_steps: 0, fts_enabled: true });
    expect(Number(row!.total_steps)).toBeGreaterThanOrEqual(before);
    before = Number(row!.total_steps);
  }
  return reads;
}

async function readHits(suite: Suite, goOn: () => boolean): Promise<number> {
  let reads = 0;
  for (; goOn(); reads++) {
    const { stdout, ...end } = await suite.verb("search", ["--query", '"line 7"', "--output", "json"]);
    expect(end).toEqual({
      stderr: expect.stringMatching(/^(\[scenariolog\] note: \d+ logs? (is|are) not wholly indexed[^\n]*\n)?$/),
      code: 0,
      signal: null,
    });
    for (const { text } of JSON.parse(stdout)) expect(text).toMatch(/^step \d+ line 7$/);
  }
  return reads;
}

function startProbe(suite: Suite): { end(): Promise<Probe> } {
  const child = Bun.spawn([process.execPath, fixture("lock-probe.ts"), suite.db, suite.runId], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  return {
    async end() {
      child.stdin.end();
      return JSON.parse(await child.stdout.text());
    },
  };
}
