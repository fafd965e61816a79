import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { type Suite, startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning, onlyWarning } from "../support/warnings.ts";

/** Each waits for the busy timeout of five seconds, once or twice: so all of them at once. */

/** Another process (this one) that holds the write lock until it is told to let go. */
function lock(suite: Suite, kind: "IMMEDIATE" | "EXCLUSIVE" = "IMMEDIATE"): () => void {
  const db = new Database(suite.db);
  db.run("PRAGMA busy_timeout = 5000");
  db.run(`BEGIN ${kind}`);
  return () => {
    db.run("ROLLBACK");
    db.close();
  };
}

/** A step that says it is there, and waits until it may go on. */
function waitingStep(suite: Suite, code: number): { command: string[]; started: () => Promise<void>; go: () => void } {
  const [there, go] = ["there", "go"].map((name) => path.join(suite.dir, name)) as [string, string];
  return {
    command: [
      "sh",
      "-c",
      `echo one; : > '${there}'; while [ ! -e '${go}' ]; do sleep 0.02; done; echo two; exit ${code}`,
    ],
    started: async () => {
      while (!fs.existsSync(there)) await Bun.sleep(10);
    },
    go: () => fs.writeFileSync(go, ""),
  };
}

test.concurrent("a step whose database stays locked runs, keeps its logs, and is reported as not recorded", async () => {
  const suite = await startSuite();
  const release = lock(suite, "EXCLUSIVE");
  const result = await suite.exec(["--step-num", "1"], ["sh", "-c", "echo out; echo err >&2; exit 3"]);
  expect(result.code).toBe(3);
  expect(onlyWarning(result)).toStartWith(
    `the step is not recorded: database ${suite.db} is locked by another process; its rows wait in ${suite.dir}/logs/step-01-pending-`,
  );
  expect([suite.log(1, "stdout"), suite.log(1, "stderr")].map(String)).toEqual(["out\n", "err\n"]);
  release();
  expect(suite.sql("SELECT * FROM steps")).toEqual([]);
}, 60_000);

test.concurrent("a step is recorded in full, without a warning, if the lock is released before the step ends", async () => {
  const suite = await startSuite();
  const release = lock(suite);
  const step = waitingStep(suite, 3);
  const running = suite.exec(["--step-num", "1", "--kv", "a:1"], step.command);
  await step.started();
  release();
  step.go();
  const result = await running;
  expect(result.code).toBe(3);
  expectNoWarning(result);
  expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["one\ntwo\n", ""]);
  expect(suite.sql("SELECT exit_code FROM steps JOIN attempts USING (step_id, exit_code)")).toEqual([{ exit_code: 3 }]);
  expect(suite.sql("SELECT v FROM kv WHERE k = 'a'")).toEqual([{ v: "1" }]);
}, 60_000);

test.concurrent("exec returns the step's code if the database is locked at its end, and run end records it", async () => {
  const suite = await startSuite();
  const step = waitingStep(suite, 4);
  const running = suite.exec(["--step-num", "1"], step.command);
  await step.started();
  const release = lock(suite);
  step.go();
  const result = await running;
  expect(result.code).toBe(4);
  expect(onlyWarning(result)).toStartWith(
    `the step's end is not recorded: database ${suite.db} is locked by another process; its rows wait in `,
  );
  release();
  expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: null }]);
  await suite.verb("run end", ["--run-id", suite.runId]);
  expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 4 }]);
  expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["one\ntwo\n", ""]);
}, 60_000);

test.concurrent("all attempts of a step are recorded after the lock is released", async () => {
  const suite = await startSuite();
  const release = lock(suite);
  const step = waitingStep(suite, 0);
  const script = `[ "$SCENARIOLOG_ATTEMPT" = 1 ] && { echo first; exit 1; }; ${step.command[2]}`;
  const running = suite.exec(["--step-num", "1", "--retries", "1"], ["sh", "-c", script]);
  await step.started();
  release();
  step.go();
  const result = await running;
  expect(result.code).toBe(0);
  expectNoWarning(result);
  expect(suite.sql("SELECT attempt, exit_code FROM attempts")).toEqual([
    { attempt: 1, exit_code: 1 },
    { attempt: 2, exit_code: 0 },
  ]);
  expect(expectWholeTape(suite.db).map(({ path, bytes }) => [path, String(bytes)])).toEqual([
    ["logs/step-01-stdout.1.txt", "first\n"],
    ["logs/step-01-stderr.1.txt", ""],
    ["logs/step-01-stdout.txt", "one\ntwo\n"],
    ["logs/step-01-stderr.txt", ""],
  ]);
}, 60_000);

test.concurrent("the next step writes, one time, what earlier steps could not write while the database was locked", async () => {
  const suite = await startSuite();
  const release = lock(suite, "EXCLUSIVE");
  const locked = await Promise.all(
    [1, 2, 3].map((num) => suite.exec(["--step-num", String(num)], ["sh", "-c", `echo ${num}; exit ${num}`])),
  );
  for (const result of locked) expect(onlyWarning(result)).toContain("is locked by another process; its rows wait in ");
  expect((await suite.verb("steps")).stderr).toMatch(/wait in \S+ and 2 more; the next command that writes/);
  release();
  const after = await Promise.all([4, 5].map((num) => suite.exec(["--step-num", String(num)], ["true"])));
  for (const result of after) expectNoWarning(result);
  expect(
    suite.sql("SELECT step_num, attempt, a.exit_code FROM steps JOIN attempts a USING (step_id) ORDER BY 1"),
  ).toEqual([1, 2, 3, 0, 0].map((exit_code, i) => ({ step_num: i + 1, attempt: 1, exit_code })));
  expect(expectWholeTape(suite.db)).toHaveLength(10);
}, 60_000);

test.concurrent("exec ends with 125 under --strict if the step ran but could not be recorded", async () => {
  const suite = await startSuite();
  const release = lock(suite);
  const result = await suite.exec(["--step-num", "1", "--strict"], ["sh", "-c", "echo ran; exit 3"]);
  release();
  expect(result.code).toBe(125);
  expect(onlyWarning(result)).toContain("is locked");
  expect(String(suite.log(1, "stdout"))).toBe("ran\n");
}, 60_000);
