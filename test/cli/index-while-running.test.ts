// check: smoke, a thread is another file in the executable

import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { startSuite } from "../support/suite.ts";

/** Writes 40 pieces of 2,500 lines (75 kB each) in two seconds, and says in the end how much of it was indexed by then. */
const slowWriter = (db: string) => `
  for i in {1..40}; do seq -f "piece $i line %05.0f of the slow log" 1 2500; sleep 0.05; done
  sleep 0.3
  sqlite3 -readonly '${db}' 'SELECT count(*) FROM log_lines_fts_docsize' >&2`;

test("indexes a large log while its step still runs, each line once", async () => {
  const suite = await startSuite();
  const { code } = await suite.exec(["--step-num", "1"], ["bash", "-c", slowWriter(suite.db)]);
  expect(code).toBe(0);
  const indexedMeanwhile = Number(suite.log(1, "stderr").toString());
  expect(indexedMeanwhile).toBeGreaterThan(20_000);
  const log = suite.log(1, "stdout");
  expect(
    suite.sql(
      "SELECT count(*) AS n, count(DISTINCT line_num) AS different, max(line_num) AS last FROM log_lines_fts WHERE artifact_id = 1",
    ),
  ).toEqual([{ n: 100_000, different: 100_000, last: 100_000 }]);
  expect(suite.sql("SELECT text FROM log_lines_fts WHERE artifact_id = 1 AND line_num = 77777")).toEqual([
    { text: log.toString().split("\n")[77_776] },
  ]);
  expect(suite.sql("SELECT kind, size_bytes, sha256 FROM artifacts WHERE artifact_id = 1")).toEqual([
    { kind: "stdout", size_bytes: log.length, sha256: createHash("sha256").update(log).digest("hex") },
  ]);
  expect(suite.sql("SELECT state FROM artifact_index")).toEqual([{ state: "complete" }, { state: "complete" }]);
  expect((await suite.verb("verify")).code).toBe(0);
});

test("run end completes the index if a recorder is killed while it follows a log", async () => {
  const suite = await startSuite();
  // The step's parent is its recorder.
  const script = `for i in {1..40}; do seq -f "piece $i line %05.0f of the slow log" 1 2500; sleep 0.03; done; kill -9 $PPID`;
  await suite.exec(["--step-num", "1"], ["bash", "-c", script]);
  expect((await suite.rows("failures"))[0]).toMatchObject({ status: "interrupted", exit_code: null });
  expect((await suite.verb("run end", ["--run-id", suite.runId])).code).toBe(0);
  const lines = suite.log(1, "stdout").toString().split("\n").length - 1;
  expect(
    suite.sql("SELECT count(*) AS n, count(DISTINCT line_num) AS different FROM log_lines_fts WHERE artifact_id = 1"),
  ).toEqual([{ n: lines, different: lines }]);
  expect((await suite.verb("verify")).code).toBe(0);
});

test("--index says which logs are indexed, and index fts adds the others", async () => {
  const suite = await startSuite();
  const print = ["bash", "-c", "echo some output; echo some error >&2"];
  await suite.exec(["--step-num", "1", "--index", "none"], print);
  await suite.exec(["--step-num", "2", "--index", "stderr"], print);
  const { stdout, stderr } = await suite.verb("search", ["--query", "some", "--select", "path"]);
  expect(stdout).toBe("logs/step-02-stderr.txt\n");
  expect(stderr).toContain("3 logs are not wholly indexed");
  expect((await suite.verb("index fts", ["--run-id", suite.runId])).stdout).toBe("3 lines added from 3 artifacts\n");
  expect((await suite.verb("search", ["--query", "some", "--select", "path"])).stdout.split("\n")).toHaveLength(5);
});

test("--index-limit indexes whole lines up to so many bytes of a log, and search says that there is more", async () => {
  const suite = await startSuite();
  await suite.exec(["--index-limit", "1k"], ["seq", "-f", "line %05.0f", "1", "1000"]);
  const { stdout, stderr } = await suite.verb("search", ["--query", "line", "--limit", "-1", "--select", "text"]);
  // 11 bytes a line: the 94th ends at 1,034.
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("line 00093");
  expect(stderr).toContain("1 log is not wholly indexed");
  expect((await suite.verb("index fts", ["--run-id", suite.runId])).stdout).toBe("907 lines added from 1 artifact\n");
  expect((await suite.exec(["--index-limit", "1x", "--step-num", "2"], ["true"])).code).toBe(2);
});
