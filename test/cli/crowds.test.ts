// check: alone, a hundred processes at once, and others that must not be kept waiting

import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import path from "node:path";
import { expectWhole, recordCrowd } from "../support/crowd.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

const LONG = process.env.SCENARIOLOG_TEST_LONG === "1";
const MINUTES = 60_000;

describe("steps at the same time", () => {
  test(
    "a hundred of 1,000 lines are recorded whole, while others read and write",
    async () => {
      const suite = await startSuite();
      const { sqlite } = await recordCrowd(suite, 1, 100, 1000);
      expect(sqlite).toMatchObject({ refused: 0 });
      expectWhole(suite, 1, 100, 1000);
      const hits = await suite.rows("search", ["--query", '"line 777"', "--limit", "-1"]);
      expect(hits.map(({ text }) => text).sort()).toEqual(
        Array.from({ length: 100 }, (_, i) => `step ${i + 1} line 777`).sort(),
      );
      expect(await suite.verb("verify", ["--output", "json"])).toMatchObject({ stdout: "[]\n", stderr: "", code: 0 });
    },
    5 * MINUTES,
  );

  test(
    "eight of 50,000 lines are recorded whole, while others read and write",
    async () => {
      const suite = await startSuite();
      const { sqlite } = await recordCrowd(suite, 1, 8, 50_000);
      expect(sqlite).toMatchObject({ refused: 0 });
      expectWhole(suite, 1, 8, 50_000);
    },
    5 * MINUTES,
  );

  test.if(LONG)(
    "twenty of 200,000 lines are recorded whole, while others read and write",
    async () => {
      const suite = await startSuite();
      const { sqlite } = await recordCrowd(suite, 1, 20, 200_000);
      expect(sqlite).toMatchObject({ refused: 0 });
      expectWhole(suite, 1, 20, 200_000);
    },
    20 * MINUTES,
  );

  test.if(LONG)(
    "eight of 3,000,000 lines are recorded whole, while others read and write",
    async () => {
      const suite = await startSuite();
      const { sqlite } = await recordCrowd(suite, 1, 8, 3_000_000);
      expect(sqlite).toMatchObject({ refused: 0 });
      expectWhole(suite, 1, 8, 3_000_000);
    },
    120 * MINUTES,
  );
});

test("fifty runs that start at once on a new file all get an id and end", async () => {
  const dir = tempDir();
  const db = path.join(dir, "x.db");
  const started = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      scenariolog(["run", "start", "--db", db, "--root-dir", dir, "--suite", `s${i}`]),
    ),
  );
  for (const start of started) expect(start).toMatchObject({ stderr: "", code: 0 });
  const ids = started.map(({ stdout }) => stdout.trim());
  expect(new Set(ids).size).toBe(50);
  const ended = await Promise.all(ids.map((id) => scenariolog(["run", "end", "--db", db, "--run-id", id])));
  for (const end of ended) expect(end).toEqual({ stdout: "", stderr: "", code: 0, signal: null });
  const handle = new Database(db, { readonly: true });
  const runs = handle.query("SELECT run_id FROM scenario_runs WHERE exit_code = 0").values().flat();
  expect(handle.query("PRAGMA integrity_check").values()).toEqual([["ok"]]);
  handle.close();
  expect(new Set(runs as string[])).toEqual(new Set(ids));
});
