import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program, scenariolog } from "../support/program.ts";
import { step } from "../support/steps.ts";
import { startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning, onlyWarning } from "../support/warnings.ts";

describe("if the database is tampered with while a step runs", () => {
  const cases: Record<string, [script: string, warning: RegExp | null]> = {
    "was deleted": [
      "rm $DB",
      /^the step is not recorded: database .* was removed or replaced while the step ran; its rows wait in \S+ for the next command that writes$/,
    ],
    "was deleted with all that belongs to it": ["rm $DB*", /^the step is not recorded: .* was removed or replaced/],
    "was replaced by another one, which knows the run": ["cp $DB $DB.2; mv $DB.2 $DB", null],
    "became a directory": ["rm $DB*; mkdir $DB", /^the step is not recorded: .* was removed or replaced/],
    "has lost its log": ["rm $DB-wal", null],
    "has lost its log and shared memory": ["rm $DB-wal $DB-shm", null],
  };
  for (const [what, [script, warning]] of Object.entries(cases)) {
    test(`a step whose database ${what} returns its code and keeps its logs`, async () => {
      const suite = await startSuite();
      const result = await step(suite, `echo one; ${script}; echo two; exit 3`);
      expect(result.code).toBe(3);
      expect(suite.log(1, "stdout").toString()).toBe("one\ntwo\n");
      if (warning) expect(onlyWarning(result)).toMatch(warning);
      else {
        expectNoWarning(result);
        expect(expectWholeTape(suite.db)).toHaveLength(2);
      }
    });
  }

  test("a recorder that ends does not touch a database that replaced its own", async () => {
    const suite = await startSuite();
    const other = await startSuite();
    await other.exec(["--step-num", "7"], ["echo", "other"]);
    const script = `rm $DB*; cp '${other.db}' $DB; ${program.join(" ")} exec --db $DB --run-id ${other.runId} \
      --root-dir '${other.dir}' --log-dir logs --name inner --step-num 8 -- echo inner`;
    const result = await step(suite, script);
    expect(result.code).toBe(0);
    expect(onlyWarning(result)).toContain("was removed or replaced while the step ran");
    expect(suite.sql("SELECT step_num FROM steps ORDER BY step_num")).toEqual([{ step_num: 7 }, { step_num: 8 }]);
    expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["other\n", "", "inner\n", ""]);
  });
});

test("a working recorder keeps other recorders from deleting the write-ahead log", async () => {
  const suite = await startSuite();
  // Enough for the lines to be indexed while the step runs, by a second connection of the recorder's.
  const script = "seq 1 350000; sleep 1; for i in 1 2 3; do sqlite3 $DB .tables > /dev/null; ls $DB-wal; done";
  const result = await step(suite, script);
  expectNoWarning(result);
  expect(suite.log(1, "stderr").toString()).toBe("");
  expect(expectWholeTape(suite.db)).toHaveLength(2);
});

describe("if the database is no longer what it was", () => {
  const cases: Record<string, (db: string) => void> = {
    "is missing": (db) => fs.rmSync(db),
    "is missing with its directory": (db) => fs.rmSync(path.dirname(db), { recursive: true }),
    "has become empty": (db) => fs.truncateSync(db),
    "has a page of rubbish where its tables are listed": (db) => spoil(db, 100, 3996),
    "has rubbish in every page but the first": (db) => spoil(db, 4096, fs.statSync(db).size - 4096),
    "is cut in the middle": (db) => fs.truncateSync(db, Math.floor(fs.statSync(db).size / 2 / 4096) * 4096),
  };
  for (const [what, spoiling] of Object.entries(cases)) {
    test(`a step whose database ${what} runs, with one warning`, async () => {
      const suite = await startSuite();
      const dir = path.join(suite.dir, "store");
      fs.mkdirSync(dir);
      const db = path.join(dir, "runs.db");
      fs.renameSync(suite.db, db);
      spoiling(db);
      const before = fs.existsSync(db);
      const result = await suite.exec(["--db", db, "--step-num", "1"], ["sh", "-c", "echo out; exit 3"]);
      expect(result.code).toBe(3);
      expect(onlyWarning(result)).toStartWith("the step is not recorded: ");
      expect(suite.log(1, "stdout").toString()).toBe("out\n");
      expect(fs.existsSync(db)).toBe(before);
    });
  }
});

test("the next recorder writes what an earlier one could not, before its own rows", async () => {
  const suite = await startSuite();
  fs.renameSync(suite.db, `${suite.db}.away`);
  expect(onlyWarning(await step(suite, "exit 0"))).toContain(`the step is not recorded: no database ${suite.db}`);
  fs.renameSync(`${suite.db}.away`, suite.db);
  expectNoWarning(await step(suite, "exit 0"));
  expect((await scenariolog(["summary", "--db", suite.db])).code).toBe(0);
  expect(expectWholeTape(suite.db)).toHaveLength(4);
  expect(suite.sql("SELECT attempt, exit_code FROM attempts")).toEqual([
    { attempt: 1, exit_code: 0 },
    { attempt: 2, exit_code: 0 },
  ]);
});

test("a step whose lines the index refuses is closed all the same, and only its lines are missing", async () => {
  const suite = await startSuite();
  // Where FTS5 keeps its segments: https://sqlite.org/fts5.html#the_data_table
  const [table] = suite.sql("SELECT rootpage FROM sqlite_master WHERE name = 'log_lines_fts_data'");
  spoil(suite.db, (Number(table!.rootpage) - 1) * 4096, 4096);
  const result = await suite.exec(["--step-num", "1"], ["sh", "-c", "echo out; echo err >&2; exit 3"]);
  expect(result.code).toBe(3);
  expect(onlyWarning(result)).toStartWith("not all lines are indexed, which index fts mends: ");
  expect(suite.sql("SELECT exit_code FROM steps WHERE completed_at IS NOT NULL")).toEqual([{ exit_code: 3 }]);
  expect(suite.sql("SELECT kind, size_bytes, state FROM artifacts JOIN artifact_index USING (artifact_id)")).toEqual([
    { kind: "stdout", size_bytes: 4, state: "partial" },
    { kind: "stderr", size_bytes: 4, state: "partial" },
  ]);
});

function spoil(file: string, from: number, bytes: number): void {
  const fd = fs.openSync(file, "r+");
  fs.writeSync(fd, new Uint8Array(bytes).fill(0xa5), 0, bytes, from);
  fs.closeSync(fd);
}
