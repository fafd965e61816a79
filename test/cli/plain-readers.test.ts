import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { run, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** Waits for no lock: what is locked for a moment is an error at once. */
async function read(suite: Suite): Promise<{ code: number | null; stderr: string }> {
  return await run(["sqlite3", "-readonly", suite.db, "SELECT count(*) FROM steps"]);
}

/** The database and what SQLite has beside it. */
function files(suite: Suite): string[] {
  const names = fs.readdirSync(suite.dir).filter((name) => name.startsWith(path.basename(suite.db)));
  return names.map((name) => name.slice(path.basename(suite.db).length)).sort();
}

function stepsIn(file: string): number {
  const db = new Database(file, { readonly: true });
  try {
    return (db.query("SELECT count(*) FROM steps WHERE completed_at IS NOT NULL").values()[0] as [number])[0];
  } finally {
    db.close();
  }
}

describe.skipIf(Bun.which("sqlite3") === null)("sqlite3 -readonly beside steps", () => {
  test("is hardly ever refused, even if steps follow each other closely", async () => {
    const suite = await startSuite();
    await read(suite);
    let recording = true;
    const met = { reads: 0, refused: 0 };
    const reading = (async () => {
      while (recording) {
        met.reads++;
        if ((await read(suite)).code !== 0) met.refused++;
      }
    })();
    for (let step = 1; step <= 60; step++) await suite.exec(["--step-num", String(step)], ["true"]);
    recording = false;
    await reading;
    console.log(`${met.reads} reads beside 60 steps, ${met.refused} refused`);
    // Whoever opens the file first locks others out for some microseconds. It was one read in seven.
    expect(met.refused).toBeLessThanOrEqual(1 + met.reads / 50);
    expect(stepsIn(suite.db)).toBe(60);
  }, 120_000);

  test("leaves a write-ahead log that steps keep, empty, and run end removes", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["true"]);
    expect(files(suite)).toEqual([""]);
    expect(await read(suite)).toMatchObject({ code: 0, stderr: "" });
    expect(files(suite)).toEqual(["", "-shm", "-wal"]);
    await suite.exec(["--step-num", "2"], ["true"]);
    expect(files(suite)).toEqual(["", "-shm", "-wal"]);
    expect(fs.statSync(`${suite.db}-wal`).size).toBe(0);
    const copy = path.join(tempDir(), "copy.db");
    fs.copyFileSync(suite.db, copy);
    expect(stepsIn(copy)).toBe(2);
    expect(await suite.verb("run end", ["--run-id", suite.runId])).toMatchObject({ code: 0 });
    expect(files(suite)).toEqual([""]);
    expect(stepsIn(suite.db)).toBe(2);
  });
});
