import { expect, test } from "bun:test";
import path from "node:path";
import { insertArtifact } from "../../src/store/artifacts.ts";
import { appendLines } from "../../src/store/lines.ts";
import { openForWriting } from "../../src/store/open.ts";
import { insertRun } from "../../src/store/runs.ts";
import { type Hit, searchLines } from "../../src/store/search.ts";
import type { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/program.ts";

const NOTHING = { state: "partial", lines: 0, bytes: 0 } as const;
let databases = 0;
let directory: string | undefined;

/** With a log for each of these texts, all lines of which are alike. Run `n` started in second `n`. */
async function storeOf(logs: readonly { run: number; text: string; lines: number }[]): Promise<Store> {
  directory ??= tempDir();
  const store = openForWriting(path.join(directory, `${databases++}.db`), { create: true });
  for (const run of new Set(logs.map((log) => log.run))) {
    const started_at = new Date(run * 1000).toISOString();
    insertRun(store, { run_id: `run-${run}`, root_dir: "/", suite: null, started_at });
  }
  for (const [i, { run, text, lines }] of logs.entries()) {
    const log = { kind: "log", path: `${i}`, sizeBytes: 1, sha256: "" };
    const artifactId = insertArtifact(store, { runId: `run-${run}`, stepId: null }, log);
    const texts = Array.from({ length: lines }, () => text);
    await appendLines(store, { runId: `run-${run}`, artifactId }, texts, NOTHING, {
      state: "complete",
      lines,
      bytes: 1,
    });
  }
  return store;
}

const inAllRuns = (store: Store, query: string, limit: number) =>
  searchLines(store, { run: null, query, literal: false, limit }).hits;

/** How many rows the database hands out for an answer. */
function rowsReadFor(store: Store, answer: (store: Store) => unknown): number {
  let rows = 0;
  const all = store.all.bind(store);
  store.all = <T>(...args: Parameters<Store["all"]>): T[] => {
    const found = all<T>(...args);
    rows += found.length;
    return found;
  };
  answer(store);
  return rows;
}

test.each([
  ["in thousands of lines of every run", (run: number) => (run < 0 ? 0 : 200)],
  ["in thousands of lines of the newest run only", (run: number) => (run < 0 ? 5000 : 0)],
])("to find a word that is %s, no more is read when there are more runs", async (_where, linesIn) => {
  const rows = await Promise.all(
    [30, 120].map(async (runs) => {
      const old = Array.from({ length: runs }, (_, run) => ({ run, text: "old", lines: 3 }));
      const common = old.map(({ run }) => ({ run, text: "word", lines: linesIn(run) }));
      const newest = ["word", "word"].map((text) => ({ run: runs, text, lines: linesIn(-1) }));
      const store = await storeOf([...old, ...common, ...newest]);
      expect(inAllRuns(store, "word", 100)).toHaveLength(100);
      return rowsReadFor(store, () => inAllRuns(store, "word", 100));
    }),
  );
  expect(rows[1]).toBe(rows[0]!);
});

test("a word in thousands of lines of many runs is found in the order of their start, whatever was indexed first", async () => {
  const runs = Array.from({ length: 150 }, (_, i) => (i * 67) % 150);
  const store = await storeOf(
    runs.flatMap((run) => [
      { run, text: "word", lines: run < 20 ? 0 : 25 },
      { run, text: "other", lines: 2 },
    ]),
  );
  const expected = runs
    .filter((run) => run >= 20)
    .sort((a, b) => a - b)
    .flatMap((run) => Array.from({ length: 25 }, (_, i) => `run-${run} ${i + 1}`));
  const shown = ({ run_id, line_num }: Hit) => `${run_id} ${line_num}`;
  expect(inAllRuns(store, "word", -1).map(shown)).toEqual(expected);
  for (const limit of [0, 1, 25, 26, 400, 3000, 4000]) {
    expect(inAllRuns(store, "word", limit).map(shown)).toEqual(expected.slice(0, limit));
  }
});

test("a word in thousands of lines of a late run is found there and in the first ones, each line once", async () => {
  const store = await storeOf(
    Array.from({ length: 40 }, (_, run) => ({ run, text: "word", lines: run === 2 ? 3 : run === 30 ? 4000 : 0 })),
  );
  const expected = [2, 30].flatMap((run) => Array.from({ length: run === 2 ? 3 : 4000 }, (_, i) => [run, i + 1]));
  const found = inAllRuns(store, "word", -1).map(({ run_id, line_num }) => [Number(run_id.slice(4)), line_num]);
  expect(found).toEqual(expected);
});
