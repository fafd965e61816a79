import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { type Suite, startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning } from "../support/warnings.ts";

/** Fails until it was tried so many times. */
function passesAt(attempt: number): string[] {
  return ["sh", "-c", `echo "attempt $SCENARIOLOG_ATTEMPT"; [ "$SCENARIOLOG_ATTEMPT" -ge ${attempt} ] || exit 7`];
}

function tags(suite: Suite, like: string): Record<string, unknown>[] {
  return suite.sql("SELECT k, v FROM kv WHERE step_id IS NOT NULL AND k LIKE ? ORDER BY k", like);
}

function texts(suite: Suite): string[][] {
  return expectWholeTape(suite.db)
    .filter(({ kind }) => kind === "stdout")
    .map(({ path, attempt, bytes }) => [path, String(attempt), String(bytes)]);
}

describe("a step number that is used again", () => {
  test("is a second attempt with its own files and row, and the step shows the last attempt", async () => {
    const suite = await startSuite();
    await suite.exec(
      ["--name", "first", "--step-num", "1", "--kv", "a:1,b:1"],
      ["sh", "-c", "echo one; kill -TERM $$"],
    );
    const result = await suite.exec(["--name", "second", "--step-num", "1", "--kv", "b:2"], ["echo", "two"]);
    expectNoWarning(result);
    expect(result.stderr).not.toContain("attempts=");
    expect(suite.sql("SELECT step_name, exit_code FROM steps")).toEqual([{ step_name: "second", exit_code: 0 }]);
    expect(suite.sql("SELECT attempt, exit_code, completed_at IS NULL AS open FROM attempts")).toEqual([
      { attempt: 1, exit_code: 143, open: 0 },
      { attempt: 2, exit_code: 0, open: 0 },
    ]);
    expect(tags(suite, "exit.%")).toEqual([]);
    expect(tags(suite, "_")).toEqual([
      { k: "a", v: "1" },
      { k: "b", v: "2" },
    ]);
    expect(tags(suite, "step.name")).toEqual([{ k: "step.name", v: "second" }]);
    expect(texts(suite)).toEqual([
      ["logs/step-01-stdout.1.txt", "1", "one\n"],
      ["logs/step-01-stdout.txt", "2", "two\n"],
    ]);
    expect((await suite.verb("verify")).code).toBe(0);
    const [row] = await suite.rows("summary");
    expect(row).toMatchObject({ total_steps: 1, failed_steps: 0, flaky_steps: 0 });
  });

  test("names the last attempt's stderr among the failures", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["false"]);
    await suite.exec(["--step-num", "1"], ["sh", "-c", "echo why >&2; exit 2"]);
    expect(await suite.rows("failures")).toMatchObject([{ exit_code: 2, stderr_path: "logs/step-01-stderr.txt" }]);
  });

  test("shows the attempt that began last, even if an earlier one ends later", async () => {
    const suite = await startSuite();
    const early = suite.exec(["--step-num", "1"], ["sh", "-c", "echo early; sleep 1; echo why >&2; exit 5"]);
    const begun = "SELECT 1 FROM attempts";
    while (suite.sql(begun).length === 0) await Bun.sleep(20);
    await suite.exec(["--step-num", "1"], ["sh", "-c", "echo late; exit 6"]);
    expect((await early).code).toBe(5);
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 6 }]);
    expect(suite.sql("SELECT attempt, exit_code FROM attempts")).toEqual([
      { attempt: 1, exit_code: 5 },
      { attempt: 2, exit_code: 6 },
    ]);
    expect(await suite.rows("failures")).toMatchObject([{ exit_code: 6, stderr_path: "logs/step-01-stderr.txt" }]);
    expect(texts(suite)).toContainEqual(["logs/step-01-stdout.1.txt", "1", "early\n"]);
  });

  test("can be used by many at once: each gets its own attempt, files and lines", async () => {
    const suite = await startSuite();
    const many = 12;
    const results = await Promise.all(
      Array.from({ length: many }, (_, i) =>
        suite.exec(["--step-num", "1"], ["sh", "-c", `seq 1 ${100 + i}; sleep 0.0${i % 7}; exit ${i}`]),
      ),
    );
    expect(results.map(({ code }) => code)).toEqual(Array.from({ length: many }, (_, i) => i));
    for (const result of results) expectNoWarning(result);
    const tapes = expectWholeTape(suite.db).filter(({ kind }) => kind === "stdout");
    // Whose exit code is n has printed 100 + n lines.
    for (const { attempt, bytes } of tapes) {
      const [row] = suite.sql("SELECT exit_code FROM attempts WHERE attempt = ?", attempt);
      expect(String(bytes).trimEnd().split("\n")).toHaveLength(100 + Number(row!.exit_code));
    }
    expect(tapes.map(({ attempt }) => attempt).sort((a, b) => a - b)).toEqual(
      Array.from({ length: many }, (_, i) => i + 1),
    );
    const last =
      "SELECT s.exit_code = a.exit_code AS same FROM steps s JOIN attempts a USING (step_id) WHERE attempt = ?";
    expect(suite.sql(last, many)).toEqual([{ same: 1 }]);
    expect((await suite.verb("verify")).code).toBe(0);
  });
});

describe("--retries", () => {
  test("tries a failing step again until it passes, and calls it flaky", async () => {
    const suite = await startSuite();
    const { code, stderr } = await suite.exec(["--step-num", "1", "--retries", "3"], passesAt(2));
    expect(code).toBe(0);
    expect(stderr).toEndWith("stderr=logs/step-01-stderr.txt attempts=2 FLAKY\n");
    expect(suite.sql("SELECT attempt, exit_code FROM attempts")).toEqual([
      { attempt: 1, exit_code: 7 },
      { attempt: 2, exit_code: 0 },
    ]);
    expect(tags(suite, "flaky")).toEqual([{ k: "flaky", v: "true" }]);
    expect(texts(suite)).toEqual([
      ["logs/step-01-stdout.1.txt", "1", "attempt 1\n"],
      ["logs/step-01-stdout.txt", "2", "attempt 2\n"],
    ]);
    expect((await suite.rows("summary"))[0]).toMatchObject({ flaky_steps: 1, failed_steps: 0 });
    const hits = await suite.rows("search", ["--query", "attempt"]);
    expect(hits.map(({ path, text }) => [path, text])).toEqual([
      ["logs/step-01-stdout.1.txt", "attempt 1"],
      ["logs/step-01-stdout.txt", "attempt 2"],
    ]);
  });

  test("gives up after that many further attempts, with the code of the last one", async () => {
    const suite = await startSuite();
    const { code, stderr } = await suite.exec(["--step-num", "1", "--retries", "2"], passesAt(9));
    expect(code).toBe(7);
    expect(stderr).toContain("attempts=3\n");
    expect(stderr).not.toContain("FLAKY");
    expect(suite.sql("SELECT count(*) AS n FROM attempts")).toEqual([{ n: 3 }]);
    expect(tags(suite, "flaky")).toEqual([]);
  });

  test("does nothing to a step that passes, and does not try again what cannot be started", async () => {
    const suite = await startSuite();
    const passed = await suite.exec(["--step-num", "1", "--retries", "2"], passesAt(1));
    expect(passed.stderr).toEndWith("stderr=logs/step-01-stderr.txt\n");
    const missing = await suite.exec(["--step-num", "2", "--retries", "2"], ["no-such-command-anywhere"]);
    expect(missing.code).toBe(127);
    expect(suite.sql("SELECT count(*) AS n FROM attempts")).toEqual([{ n: 2 }]);
  });

  test("fails a flaky step with --flaky-result fail, and calls it flaky all the same", async () => {
    const suite = await startSuite();
    const { code, stderr } = await suite.exec(
      ["--step-num", "1", "--retries", "2", "--flaky-result", "fail"],
      passesAt(2),
    );
    expect(code).toBe(7);
    expect(stderr).toContain("exit=7 ");
    expect(stderr).toContain(" attempts=2 FLAKY\n");
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 7 }]);
    expect(tags(suite, "flaky")).toEqual([{ k: "flaky", v: "true" }]);
    expect((await suite.rows("summary"))[0]).toMatchObject({ flaky_steps: 1, failed_steps: 1 });
  });

  test("waits for --retry-delay before each further attempt", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1", "--retries", "1", "--retry-delay", "700ms"], passesAt(2));
    const [first, second] = suite.sql("SELECT started_at, completed_at FROM attempts ORDER BY attempt") as {
      started_at: string;
      completed_at: string;
    }[];
    expect(Date.parse(second!.started_at) - Date.parse(first!.completed_at)).toBeGreaterThanOrEqual(690);
  });

  test("clears the flaky mark if the step runs again and passes at the first attempt", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1", "--retries", "1"], passesAt(2));
    await suite.exec(["--step-num", "1"], ["true"]);
    expect(tags(suite, "flaky")).toEqual([]);
    expect(suite.sql("SELECT max(attempt) AS last FROM attempts")).toEqual([{ last: 3 }]);
    expect((await suite.rows("summary"))[0]).toMatchObject({ flaky_steps: 0 });
  });

  test("keeps the timeouts of attempts apart", async () => {
    const suite = await startSuite();
    const script = `[ "$SCENARIOLOG_ATTEMPT" = 2 ] || exec sleep 20; echo in time`;
    const { code } = await suite.exec(
      ["--step-num", "1", "--retries", "1", "--timeout", "300ms"],
      ["sh", "-c", script],
    );
    expect(code).toBe(0);
    expect(suite.sql("SELECT exit_code, reason FROM attempts")).toEqual([
      { exit_code: 124, reason: "timeout" },
      { exit_code: 0, reason: null },
    ]);
    expect(tags(suite, "%timeout%")).toEqual([]);
    expect(tags(suite, "exit.%")).toEqual([]);
  });
});

test("a second attempt of a step that the Go build recorded keeps the first", async () => {
  const suite = await startSuite();
  const { GoBuild } = await import("../support/go-build.ts");
  const go = new GoBuild(suite.db);
  go.exec(suite.runId, suite.dir, 1, { stdout: "go\n", stderr: "" }, 5);
  go.close();
  expectNoWarning(await suite.exec(["--step-num", "1", "--log-dir", "go-logs"], ["echo", "ours"]));
  expect(suite.sql("SELECT attempt, exit_code, recorder_pid IS NULL AS gos FROM attempts")).toEqual([
    { attempt: 1, exit_code: 5, gos: 1 },
    { attempt: 2, exit_code: 0, gos: 0 },
  ]);
  expect(expectWholeTape(suite.db).map(({ path, bytes }) => [path, String(bytes)])).toEqual([
    ["go-logs/step-01-stdout.1.txt", "go\n"],
    ["go-logs/step-01-stderr.1.txt", ""],
    ["go-logs/step-01-stdout.txt", "ours\n"],
    ["go-logs/step-01-stderr.txt", ""],
  ]);
  expect(fs.readdirSync(path.join(suite.dir, "go-logs"))).toHaveLength(4);
});
