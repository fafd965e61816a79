import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { bash } from "../support/program.ts";
import { execLine } from "../support/steps.ts";
import { startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning, onlyWarning } from "../support/warnings.ts";

const linux = process.platform === "linux";
const compiled = process.env.SCENARIOLOG_BIN !== undefined;

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
  test("with hardly a descriptor available", async () => {
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

  test("below a limit on file sizes, which it inherits", async () => {
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

  test("if nobody reads the recorder's messages, and if there is nowhere to write them", async () => {
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

  test("if its output can go neither to a log nor to the console", async () => {
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
