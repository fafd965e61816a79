import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { bash, program, type Result, scenariolog } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning, onlyWarning } from "../support/warnings.ts";

const linux = process.platform === "linux";
const compiled = process.env.SCENARIOLOG_BIN !== undefined;

/** A step whose script knows the suite's `$DIR`, `$DB` and `$LOGS`. */
function step(suite: Suite, script: string, flags: readonly string[] = []): Promise<Result> {
  const env = { DIR: suite.dir, DB: suite.db, LOGS: path.join(suite.dir, "logs") };
  return suite.exec(["--step-num", "1", ...flags], ["sh", "-c", script], { env });
}

/** The command line of an exec, for a shell. */
function execLine(suite: Suite, num: number, script: string): string {
  const words = [...program, "exec", "--db", suite.db, "--run-id", suite.runId, "--root-dir", suite.dir];
  const all = [...words, "--log-dir", "logs", "--name", "step", "--step-num", String(num), "--", "sh", "-c", script];
  return all.map((word) => `'${word}'`).join(" ");
}

describe("when the logs are tampered with while a step runs", () => {
  test("a log that was deleted is written anew, whole", async () => {
    const suite = await startSuite();
    const result = await step(suite, "echo one; rm $LOGS/step-01-stdout.txt; echo two; exit 3");
    expect(result.code).toBe(3);
    expectNoWarning(result);
    expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["one\ntwo\n", ""]);
  });

  test("a log dir that was removed is made again", async () => {
    const suite = await startSuite();
    const result = await step(suite, "echo one; rm -r $LOGS; echo two; echo err >&2; exit 3");
    expect(result.code).toBe(3);
    expectNoWarning(result);
    expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["one\ntwo\n", "err\n"]);
  });

  test("what a log held goes to the console when its directory has become a file", async () => {
    const suite = await startSuite();
    const result = await step(suite, "echo one; rm -r $LOGS; echo two; : > $LOGS; exit 3");
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 3, stdout: "one\ntwo\n" });
    expect(onlyWarning(result)).toContain("could not be written again: ");
    expect(expectWholeTape(suite.db)).toEqual([]);
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 3 }]);
  });

  test("a log that something else took the place of is kept under a numbered name", async () => {
    const suite = await startSuite();
    const result = await step(suite, "echo one; rm $LOGS/step-01-stdout.txt; echo mine > $LOGS/step-01-stdout.txt");
    expectNoWarning(result);
    expect(expectWholeTape(suite.db)[0]).toMatchObject({
      path: "logs/step-01-stdout.1.txt",
      bytes: Buffer.from("one\n"),
    });
    expect(suite.log(1, "stdout").toString()).toBe("mine\n");
  });

  test("a log that was emptied or added to is recorded as it is, with a warning", async () => {
    const suite = await startSuite();
    const emptied = await step(suite, "echo one; sleep 0.2; : > $LOGS/step-01-stdout.txt; echo two");
    expect(onlyWarning(emptied)).toContain("step-01-stdout.txt was changed by others while the step ran");
    const added = await suite.exec(
      ["--step-num", "2"],
      ["sh", "-c", `echo one; sleep 0.2; echo other >> '${suite.dir}/logs/step-02-stdout.txt'; echo two`],
    );
    expect(onlyWarning(added)).toContain("step-02-stdout.txt was changed by others while the step ran");
    const texts = expectWholeTape(suite.db).map(({ bytes }) => String(bytes));
    expect(texts).toEqual(["two\n", "", "one\nother\ntwo\n", ""]);
  });

  describe("and its lines are indexed already", () => {
    // More than 2 MiB, and a while: then a log is followed as it grows.
    const large = "seq 1 350000; sleep 1";

    test("a log that was emptied has the lines in the index that it has now", async () => {
      const suite = await startSuite();
      const result = await step(suite, `${large}; : > $LOGS/step-01-stdout.txt; echo two; echo three`);
      expect(onlyWarning(result)).toContain("was changed by others");
      expect(String(expectWholeTape(suite.db)[0]!.bytes)).toBe("two\nthree\n");
    });

    test("a log that is lost leaves no artifact and no lines", async () => {
      const suite = await startSuite();
      const result = await step(suite, `${large}; rm -r $LOGS; : > $LOGS; exit 3`);
      expect(result.code).toBe(3);
      expect(result.stdout).toEndWith("\n350000\n");
      expect(onlyWarning(result)).toContain("could not be written again");
      expect(expectWholeTape(suite.db)).toEqual([]);
      expect(suite.sql("SELECT count(*) AS n FROM log_lines_fts")).toEqual([{ n: 0 }]);
    });

    test("a log that another attempt has moved aside gets no lines of the other's", async () => {
      const suite = await startSuite();
      const script = "seq 1 350000; sleep 0.6; seq 1 150000; sleep 0.4; echo first";
      const outer = suite.exec(["--step-num", "1"], ["sh", "-c", script]);
      await Bun.sleep(150);
      const inner = await suite.exec(["--step-num", "1"], ["sh", "-c", "seq 1000001 1350000; sleep 0.6; echo other"]);
      expectNoWarning(inner);
      expectNoWarning(await outer);
      const tapes = expectWholeTape(suite.db).filter(({ kind }) => kind === "stdout");
      expect(tapes.map(({ bytes }) => String(bytes).trimEnd().split("\n").at(-1)).sort()).toEqual(["first", "other"]);
    }, 60_000);
  });

  test("a step prints to the console when the log dir is a file from the start", async () => {
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "logs"), "");
    const result = await step(suite, "echo out; echo err >&2; exit 3");
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 3, stdout: "out\n" });
    expect(result.stderr).toStartWith("err\n");
    expect(onlyWarning(result)).toContain("step-01-stdout.txt could not be made: ");
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 3 }]);
    expect((await step(suite, "true", ["--strict"])).code).toBe(125);
  });
});

describe("when the database is tampered with while a step runs", () => {
  const cases: Record<string, [script: string, warning: RegExp | null]> = {
    "was deleted": ["rm $DB", /^the step is not recorded: database .* was removed or replaced while the step ran$/],
    "was deleted with all that belongs to it": ["rm $DB*", /^the step is not recorded: .* was removed or replaced/],
    "was replaced by another one": [
      "cp $DB $DB.2; mv $DB.2 $DB",
      /^the step is not recorded: .* was removed or replaced/,
    ],
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

  test("a recorder that ends does not touch the database that has come in the place of its own", async () => {
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

test("a recorder that is at work keeps the database's log from being deleted by those that come and go", async () => {
  const suite = await startSuite();
  // Enough for the lines to be indexed while the step runs, by a second connection of the recorder's.
  const script = "seq 1 350000; sleep 1; for i in 1 2 3; do sqlite3 $DB .tables > /dev/null; ls $DB-wal; done";
  const result = await step(suite, script);
  expectNoWarning(result);
  expect(suite.log(1, "stderr").toString()).toBe("");
  expect(expectWholeTape(suite.db)).toHaveLength(2);
});

describe("when the database is no longer what it was", () => {
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

  function spoil(file: string, from: number, bytes: number): void {
    const fd = fs.openSync(file, "r+");
    fs.writeSync(fd, new Uint8Array(bytes).fill(0xa5), 0, bytes, from);
    fs.closeSync(fd);
  }
});

test("refuses the caller's mistakes before the step starts", async () => {
  const suite = await startSuite();
  const marker = path.join(suite.dir, "started");
  const text = path.join(suite.dir, "notes.txt");
  fs.writeFileSync(text, "no database\n".repeat(50));
  const newer = path.join(suite.dir, "newer.db");
  fs.copyFileSync(suite.db, newer);
  Bun.spawnSync(["sqlite3", newer, "PRAGMA user_version = 2"]);
  const cases: [flags: string[], code: number][] = [
    [["--run-id", "nonesuch"], 125],
    [["--run-id", ""], 125],
    [["--db", text], 125],
    [["--db", suite.dir], 125],
    [["--db", newer], 125],
    [["--work-dir", path.join(suite.dir, "missing")], 125],
    [["--no-such-flag"], 2],
    [["--step-num", "-1"], 2],
    [["--retries", "some"], 2],
    [["--on-leak", "explode"], 2],
    [["--kv", ":no key"], 2],
  ];
  for (const [flags, code] of cases) {
    const result = await suite.exec(flags, ["touch", marker]);
    expect({ flags, code: result.code, stdout: result.stdout }).toEqual({ flags, code, stdout: "" });
    expect(result.stderr).toStartWith("Error: ");
    expect(fs.existsSync(marker)).toBe(false);
  }
  expect(suite.sql("SELECT count(*) AS n FROM steps")).toEqual([{ n: 0 }]);
});

describe.if(linux)("a step runs and returns its code", () => {
  // Bun itself does not start with less: the source opens its files one after another.
  const least = compiled ? 5 : 12;
  test("with hardly a descriptor to be had", async () => {
    const suite = await startSuite();
    for (let limit = least; limit <= 20; limit++) {
      const result = await bash(
        `ulimit -n ${limit}; ${execLine(suite, limit, "echo ran; echo $(ulimit -n) >&2; exit 3")}`,
      );
      expect({ limit, code: result.code }).toEqual({ limit, code: 3 });
      const log = path.join(suite.dir, "logs", `step-${String(limit).padStart(2, "0")}-stdout.txt`);
      const kept = fs.existsSync(log) ? fs.readFileSync(log, "utf8") : "";
      expect({ limit, output: kept + result.stdout }).toEqual({ limit, output: "ran\n" });
      if (result.stderr.includes("warning")) onlyWarning(result);
      else expectNoWarning(result);
    }
    expectWholeTape(suite.db);
  });

  test("below a limit to the size of files, which it inherits", async () => {
    const suite = await startSuite();
    for (const blocks of [1, 8, 64, 200]) {
      const script = 'seq 1 50000; bash -c "ulimit -f"; exit 3';
      const result = await bash(`ulimit -f ${blocks}; ${execLine(suite, blocks, script)}`);
      expect({ blocks, code: result.code }).toEqual({ blocks, code: 3 });
      const log = suite.log(blocks, "stdout");
      expect(log).toHaveLength(blocks * 1024);
      expect((log + result.stdout).endsWith(`49999\n50000\n${blocks}\n`)).toBe(true);
      expect((log + result.stdout).length).toBe(288_894 + `${blocks}\n`.length);
      expect(onlyWarning(result)).toContain(
        `step-${String(blocks).padStart(2, "0")}-stdout.txt could not be written: file too large`,
      );
    }
    const result = await bash(
      `ulimit -f 8; ${execLine(suite, 9, `exec head -c 100000 /dev/zero > '${suite.dir}/large'`)}`,
    );
    expect(result.code).toBe(128 + 25);
  });

  test("when nobody reads what the recorder says, and when there is nowhere to say it", async () => {
    const suite = await startSuite();
    const line = (num: number) => execLine(suite, num, "echo out; echo err >&2; exit 3");
    const { stdout } = await bash(`
      ${line(1)} >&-; echo $?
      ${line(2)} 2>&-; echo $?
      ${line(3)} <&- >&- 2>&-; echo $?
      ${line(4)} >/dev/full 2>/dev/full; echo $?
      { { ${line(5)} 2>&1; echo $? >&3; } | true; } 3>&1
    `);
    expect(stdout).toBe("3\n".repeat(5));
    expect(suite.sql("SELECT step_num, exit_code FROM steps ORDER BY 1").map((row) => row.exit_code)).toEqual([
      3, 3, 3, 3, 3,
    ]);
    expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(
      Array.from({ length: 5 }, () => ["out\n", "err\n"]).flat(),
    );
  });

  test("when its output can go neither to a log nor to the console", async () => {
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "logs"), "");
    const line = (num: number) => execLine(suite, num, "seq 1 100000; seq 1 100000 >&2; exit 3");
    const { stdout } = await bash(`
      ${line(1)} >&- 2>&-; echo $?
      ${line(2)} >/dev/full 2>/dev/full; echo $?
      { { ${line(3)} 2>&1; echo $? >&3; } | true; } 3>&1
    `);
    expect(stdout).toBe("3\n".repeat(3));
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual(Array(3).fill({ exit_code: 3 }));
  });
});

/** strace makes a system call fail that no file system at hand would. */
const strace = linux && Bun.spawnSync(["sh", "-c", "strace -qq -o /dev/null true"], { stderr: "ignore" }).success;

describe.if(strace)("a step runs and returns its code (shown by strace)", () => {
  const cases: Record<string, [inject: string, warning: RegExp]> = {
    "when its log cannot be closed": [
      "close:error=ENOSPC",
      /step-01-stdout.txt could not be closed: its last bytes may be lost/,
    ],
    "when its log takes nothing": ["write:error=EIO", /step-01-stdout.txt could not be written: /],
    "when its log is refused a second write": ["write:error=EDQUOT:when=2+", /could not be written: EDQUOT/],
  };
  for (const [what, [inject, warning]] of Object.entries(cases)) {
    test(what, async () => {
      const suite = await startSuite();
      const log = path.join(suite.dir, "logs/step-01-stdout.txt");
      const trace = `strace -f -qq -o /dev/null -P '${log}' -e trace=${inject.split(":")[0]} -e inject=${inject}`;
      const result = await bash(`${trace} ${execLine(suite, 1, "echo out; sleep 0.2; echo more; exit 3")}`);
      expect(result.code).toBe(3);
      expect(onlyWarning(result)).toMatch(warning);
      expect(fs.readFileSync(log, "utf8") + result.stdout).toBe("out\nmore\n");
      expectWholeTape(suite.db);
    });
  }
});

test("a recorder that failed at one step records the next", async () => {
  const suite = await startSuite();
  fs.renameSync(suite.db, `${suite.db}.away`);
  expect(onlyWarning(await step(suite, "exit 0"))).toContain(`the step is not recorded: no database ${suite.db}`);
  fs.renameSync(`${suite.db}.away`, suite.db);
  expectNoWarning(await step(suite, "exit 0"));
  expect((await scenariolog(["summary", "--db", suite.db])).code).toBe(0);
  expect(expectWholeTape(suite.db)).toHaveLength(2);
});
