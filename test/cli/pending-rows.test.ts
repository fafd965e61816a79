import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning, onlyWarning } from "../support/warnings.ts";

const attempts = (suite: Suite) =>
  suite.sql("SELECT step_num, attempt, a.exit_code AS code FROM attempts a JOIN steps USING (step_id) ORDER BY 1, 2");

/** The files in which rows wait, beside the logs. */
function pending(suite: Suite, suffix = ".jsonl"): string[] {
  const dir = path.join(suite.dir, "logs");
  const names = fs.readdirSync(dir).filter((name) => name.includes("-pending-") && name.endsWith(suffix));
  return names.sort().map((name) => path.join(dir, name));
}

/** A suite in which one step's rows wait, since the database was away while it ran. */
async function suiteWithPending(command = ["sh", "-c", "echo out; exit 3"], flags: string[] = []): Promise<Suite> {
  const suite = await startSuite();
  fs.renameSync(suite.db, `${suite.db}.away`);
  const result = await suite.exec(["--step-num", "1", ...flags], command);
  expect(onlyWarning(result)).toContain("its rows wait in ");
  fs.renameSync(`${suite.db}.away`, suite.db);
  expect(pending(suite)).toHaveLength(1);
  return suite;
}

const onceRecorded = [{ step_num: 1, attempt: 1, code: 3 }];

describe.concurrent("rows that the database did not take", () => {
  test("lie in a file that a person can read, redacted, and only its owner", async () => {
    const secret = ["ghp", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].join("_");
    const suite = await suiteWithPending(["sh", "-c", "exit 3", "x", "--token", secret], ["--kv", `note:${secret}`]);
    const [file] = pending(suite);
    const text = fs.readFileSync(file!, "utf8");
    expect(text).not.toContain(secret);
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows.map(({ row }) => row)).toEqual([undefined, "run", "step", "attempt", "log", "log", "end"]);
    expect(rows[3].end.outcome.code).toBe(3);
    expect(fs.statSync(file!).mode & 0o777).toBe(0o600);
  });

  test("are mentioned by every report, which leaves them where they are", async () => {
    const suite = await suiteWithPending();
    const [file] = pending(suite);
    const before = fs.readFileSync(suite.db);
    for (const verb of ["summary", "failures", "timings", "steps", "runs", "why", "verify", "notes", "artifacts"]) {
      const { stderr, code } = await suite.verb(verb);
      expect({ verb, stderr, code }).toEqual({ verb, stderr: expect.stringContaining(`wait in ${file}; `), code: 0 });
      expect(stderr.split("\n")).toHaveLength(2);
    }
    expect(pending(suite)).toEqual([file!]);
    expect(fs.readFileSync(suite.db).equals(before)).toBe(true);
  });

  test("do not disturb a report on a damaged database", async () => {
    const suite = await suiteWithPending();
    const db = new Database(suite.db);
    db.run("ALTER TABLE log_files RENAME COLUMN file TO other");
    db.close();
    const before = fs.readdirSync(suite.dir);
    expect((await suite.verb("timings")).code).toBe(0);
    expect(fs.readdirSync(suite.dir)).toEqual(before);
  });

  const takers: Record<string, string[]> = {
    "run end": [],
    "index fts": [],
    note: ["--run", "hello"],
    "tag set": ["--run", "a", "1"],
  };
  for (const [verb, flags] of Object.entries(takers)) {
    test(`are taken in by ${verb}`, async () => {
      const suite = await suiteWithPending();
      const { code, stderr } = await suite.verb(verb, ["--run-id", suite.runId, ...flags]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(attempts(suite)).toEqual(onceRecorded);
      expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["out\n", ""]);
      expect(pending(suite)).toEqual([]);
      expect((await suite.verb("summary")).stderr).toBe("");
    });
  }

  test("are imported by the next step before its own, also those of its own number", async () => {
    const suite = await suiteWithPending();
    expectNoWarning(await suite.exec(["--step-num", "1"], ["true"]));
    expect(attempts(suite)).toEqual([...onceRecorded, { step_num: 1, attempt: 2, code: 0 }]);
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 0 }]);
    expectWholeTape(suite.db);
  });

  test("are imported with the trace of a failed step", async () => {
    const suite = await suiteWithPending(["bash", "-c", "true\nfalse or\nexit 3"], ["--trace", "auto"]);
    expect((await suite.verb("run end", ["--run-id", suite.runId])).stderr).toBe("");
    expect(suite.sql("SELECT text FROM command_sources ORDER BY command_id")).toEqual(
      ["true", "false or", "exit 3"].map((text) => ({ text })),
    );
    expect(suite.sql("SELECT v FROM kv WHERE k = 'failed.line'")).toHaveLength(1);
    expect(expectWholeTape(suite.db, { indexed: false }).map(({ kind }) => kind)).toEqual([
      "stdout",
      "stderr",
      "trace",
    ]);
    expect((await suite.verb("verify")).code).toBe(0);
  });

  test("are imported with the lines of a large log", async () => {
    const suite = await suiteWithPending(["sh", "-c", "seq 1 50000; exit 3"]);
    expect((await suite.verb("run end", ["--run-id", suite.runId])).stderr).toBe("");
    expect(expectWholeTape(suite.db)[0]!.bytes.length).toBeGreaterThan(200_000);
  });

  test("are imported one time, however many commands try at the same time", async () => {
    const suite = await suiteWithPending();
    const [file] = pending(suite);
    const copy = fs.readFileSync(file!);
    const takeIn = () => suite.verb("run end", ["--run-id", suite.runId]);
    const results = await Promise.all(Array.from({ length: 8 }, takeIn));
    for (const { code, stderr } of results) expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // As if the one that took it in had been killed between its commit and the removal of the file.
    fs.writeFileSync(file!, copy, { mode: 0o600 });
    expect(await takeIn()).toMatchObject({ code: 0, stderr: "" });
    expect(attempts(suite)).toEqual(onceRecorded);
    expect(suite.sql("SELECT k, count(*) AS n FROM kv GROUP BY k, step_id HAVING n > 1")).toEqual([]);
    expect(expectWholeTape(suite.db)).toHaveLength(2);
    expect(pending(suite)).toEqual([]);
  });

  test("replace what run end wrote for a step whose recorder it took for dead", async () => {
    const suite = await startSuite();
    const there = path.join(suite.dir, "there");
    const running = suite.exec(["--step-num", "1"], ["sh", "-c", `: > ${there}; sleep 1; exit 3`]);
    while (!fs.existsSync(there)) await Bun.sleep(10);
    const copy = `${suite.db}.copy`;
    new Database(suite.db).run(`VACUUM INTO '${copy}'`);
    fs.renameSync(suite.db, `${suite.db}.away`);
    expect(onlyWarning(await running)).toContain("its rows wait in ");
    const [file] = pending(suite);
    fs.renameSync(file!, `${suite.dir}/aside`);
    for (const suffix of ["-wal", "-shm"]) fs.rmSync(suite.db + suffix, { force: true });
    fs.renameSync(copy, suite.db);
    expect(await suite.verb("run end", ["--run-id", suite.runId])).toMatchObject({ code: 0, stderr: "" });
    expect(attempts(suite)).toEqual([{ step_num: 1, attempt: 1, code: 137 }]);
    fs.renameSync(`${suite.dir}/aside`, file!);
    await suite.verb("run end", ["--run-id", suite.runId]);
    expect(attempts(suite)).toEqual(onceRecorded);
    expect(suite.sql("SELECT k FROM kv WHERE k LIKE 'exit.%'")).toEqual([]);
    expect(expectWholeTape(suite.db)).toHaveLength(2);
  });

  test("wait for their own database if another one without the run has its name", async () => {
    const suite = await suiteWithPending();
    fs.renameSync(suite.db, `${suite.db}.away`);
    const other = await startSuite(suite.dir);
    const { code, stderr } = await other.verb("run end", ["--run-id", other.runId]);
    expect(code).toBe(0);
    expect(stderr).toContain("does not know its run");
    expect(other.sql("SELECT * FROM steps")).toEqual([]);
    expect(pending(suite)).toHaveLength(1);
    fs.renameSync(`${suite.db}.away`, suite.db);
    await suite.verb("run end", ["--run-id", suite.runId]);
    expect(attempts(suite)).toEqual(onceRecorded);
  });

  test("are found after database and logs were moved", async () => {
    const suite = await suiteWithPending();
    const moved = `${suite.dir}-moved`;
    fs.renameSync(suite.dir, moved);
    const db = path.join(moved, "runs.db");
    const env = { SCENARIOLOG_LOG_DIR: path.join(moved, "logs") };
    const { code } = await suite.verb("run end", ["--db", db, "--run-id", suite.runId], { env });
    fs.renameSync(moved, suite.dir);
    expect(code).toBe(0);
    expect(attempts(suite)).toEqual(onceRecorded);
  });

  test("exist, with the logs, if the recorder is killed while its step runs", async () => {
    const suite = await startSuite();
    fs.renameSync(suite.db, `${suite.db}.away`);
    const exec = ["exec", "--db", suite.db, "--run-id", suite.runId, "--root-dir", suite.dir, "--log-dir", "logs"];
    const recorder = Bun.spawn(
      [...program, ...exec, "--name", "killed", "--step-num", "1", "--", "sh", "-c", "echo out; sleep 1"],
      { stdout: "ignore", stderr: "ignore" },
    );
    const log = path.join(suite.dir, "logs/step-01-stdout.txt");
    while (!fs.existsSync(log) || fs.statSync(log).size === 0) await Bun.sleep(10);
    recorder.kill("SIGKILL");
    await recorder.exited;
    expect(pending(suite)).toHaveLength(1);
    fs.renameSync(`${suite.db}.away`, suite.db);
    await suite.verb("run end", ["--run-id", suite.runId]);
    expect(attempts(suite)).toEqual([{ step_num: 1, attempt: 1, code: 137 }]);
    expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["out\n", ""]);
  });

  test("are left to their own recorder while that runs the step", async () => {
    const suite = await startSuite();
    const go = path.join(suite.dir, "go");
    fs.renameSync(suite.db, `${suite.db}.away`);
    const running = suite.exec(["--step-num", "1"], ["sh", "-c", `until [ -e ${go} ]; do sleep 0.02; done; exit 3`]);
    while (!fs.existsSync(path.join(suite.dir, "logs")) || pending(suite).length === 0) await Bun.sleep(10);
    fs.renameSync(`${suite.db}.away`, suite.db);
    expectNoWarning(await suite.exec(["--step-num", "2"], ["true"]));
    expect((await suite.verb("summary")).stderr).toBe("");
    expect(attempts(suite)).toEqual([{ step_num: 2, attempt: 1, code: 0 }]);
    fs.writeFileSync(go, "");
    expectNoWarning(await running);
    expect(attempts(suite)).toEqual([...onceRecorded, { step_num: 2, attempt: 1, code: 0 }]);
    expect(pending(suite)).toEqual([]);
  });

  test("are written by their own recorder if the database is back before it ends", async () => {
    const suite = await startSuite();
    fs.renameSync(suite.db, `${suite.db}.away`);
    expectNoWarning(await suite.exec(["--step-num", "1"], ["sh", "-c", `mv ${suite.db}.away ${suite.db}; exit 3`]));
    expect(attempts(suite)).toEqual(onceRecorded);
    expect(expectWholeTape(suite.db)).toHaveLength(2);
    expect(pending(suite)).toEqual([]);
  });
});

describe.concurrent("a damaged file of pending rows", () => {
  test("is imported as far as it is undamaged, wherever it is cut, and kept under another name", async () => {
    const suite = await suiteWithPending();
    const [file] = pending(suite);
    const whole = fs.readFileSync(file!);
    const ends = [...whole.toString().matchAll(/\n/g)].map(({ index }) => index + 1);
    const clean = fs.readFileSync(suite.db);
    for (const [i, end] of ends.entries()) {
      for (const size of [end - 20, end].filter((bytes) => bytes < whole.length)) {
        fs.writeFileSync(suite.db, clean);
        fs.writeFileSync(file!, whole.subarray(0, size), { mode: 0o600 });
        const env = { SCENARIOLOG_LOG_DIR: path.dirname(file!) };
        const { code, stderr } = await suite.verb("run end", ["--run-id", suite.runId], { env });
        expect({ size, code }).toEqual({ size, code: 0 });
        expect(stderr).toContain(`${file} is damaged: `);
        expect(stderr.split("\n")).toHaveLength(2);
        const lines = size === end ? i + 1 : i;
        expect(attempts(suite)).toEqual(lines >= 4 ? onceRecorded : []);
        expect(fs.readFileSync(`${file}.damaged`).length).toBe(size);
        expect(fs.existsSync(file!)).toBe(false);
      }
    }
  }, 60_000);

  const spoilings: Record<string, (rows: Record<string, unknown>[]) => void> = {
    "names a file that is no log": (rows) => Object.assign(rows[4]!, { path: "/etc/passwd" }),
    "has a number for a name": (rows) => Object.assign(rows[2]!, { name: 7 }),
    "has tags that are no pairs": (rows) => Object.assign(rows[2]!, { tags: [["a", "b", "c"]] }),
    "has a time that is none": (rows) => Object.assign(rows[3]!, { started_at: "'; DROP TABLE steps; --" }),
    "is of a later version": (rows) => Object.assign(rows[0]!, { scenariolog_pending: 2 }),
    "has an object for a database": (rows) => Object.assign(rows[0]!, { database: {} }),
  };
  for (const [what, spoil] of Object.entries(spoilings)) {
    test(`is set aside from the line on that ${what}`, async () => {
      const suite = await suiteWithPending();
      const [file] = pending(suite);
      const rows = fs
        .readFileSync(file!, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      spoil(rows);
      fs.writeFileSync(file!, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
      const { code, stderr } = await suite.verb("run end", ["--run-id", suite.runId]);
      expect(code).toBe(0);
      expect(stderr).toContain(`${file} is damaged: `);
      expect(suite.sql("SELECT path FROM artifacts WHERE path LIKE '%passwd'")).toEqual([]);
      expect(pending(suite, ".damaged")).toHaveLength(1);
    });
  }

  const strangers: Record<string, [replace: (file: string) => void, said: string]> = {
    "a link": [(file) => fs.symlinkSync(`${file}.x`, file), "is a link"],
    "a pipe": [(file) => Bun.spawnSync(["mkfifo", file]), "is not a regular file"],
    "a directory": [(file) => fs.mkdirSync(file), "is not a regular file"],
    "too large": [(file) => fs.writeFileSync(file, new Uint8Array(17 << 20)), "is larger than"],
  };
  if (process.getuid?.() === 0)
    strangers["another user's"] = [
      (file) => Bun.spawnSync(["install", "-o", "12345", `${file}.x`, file]),
      "another user",
    ];
  for (const [what, [replace, said]] of Object.entries(strangers)) {
    test(`is left alone, and named, if it is ${what}`, async () => {
      const suite = await suiteWithPending();
      const [file] = pending(suite);
      fs.renameSync(file!, `${file}.x`);
      replace(file!);
      const { code, stderr } = await suite.verb("run end", ["--run-id", suite.runId]);
      expect(code).toBe(0);
      expect(stderr).toContain(`${file} is not taken in: it `);
      expect(stderr).toContain(said);
      expect(attempts(suite)).toEqual([]);
      expect(fs.lstatSync(file!, { throwIfNoEntry: false })).toBeDefined();
    });
  }
});
