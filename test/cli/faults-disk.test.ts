import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { canMount, fill, freeze, smallDisk } from "../support/mounts.ts";
import { scenariolog } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning, onlyWarning } from "../support/warnings.ts";

/** A suite whose log dir or database lies on a disk of its own. */
async function suiteOn(disk: string, what: "logs" | "db"): Promise<Suite> {
  const suite = await startSuite(what === "db" ? disk : undefined);
  if (what === "logs") fs.symlinkSync(disk, path.join(suite.dir, "logs"));
  return suite;
}

const noise = { lines: 200_000, script: "seq 1 200000; echo END >&2; exit 3" };
const output = `${Array.from({ length: noise.lines }, (_, i) => `${i + 1}\n`).join("")}`;

// Where mounting is not permitted there is no disk to fill.
describe.if(canMount)("on a full disk", () => {
  test("a step whose output fills the disk continues, and what the log cannot hold goes to the console", async () => {
    const suite = await suiteOn(smallDisk({ size: "512k" })!, "logs");
    const result = await suite.exec(["--step-num", "1"], ["sh", "-c", noise.script]);
    expect(result.code).toBe(3);
    const kept = suite.log(1, "stdout").toString();
    expect(kept.length).toBe(512 * 1024);
    expect(kept + result.stdout === output).toBe(true);
    expect(onlyWarning(result)).toContain(
      `logs/step-01-stdout.txt could not be written: no space left on device; ${result.stdout.length} bytes went to the console`,
    );
    expect(result.stderr).toContain("\nEND\n".slice(1));
    expectWholeTape(suite.db);
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 3 }]);
    expect((await suite.verb("verify")).code).toBe(0);
    expect(suite.sql("SELECT v FROM kv WHERE k = 'log.problem'")).toHaveLength(1);
  });

  test("a step that finds the disk full prints to the console from its start", async () => {
    const disk = smallDisk()!;
    const suite = await suiteOn(disk, "logs");
    fill(disk);
    const result = await suite.exec(["--step-num", "1"], ["sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 3, stdout: "out\n" });
    expect(result.stderr).toStartWith("err\n");
    expect(onlyWarning(result)).toContain("no space left on device");
    expectWholeTape(suite.db);
  });

  test("a step runs even if no empty log can be created", async () => {
    const suite = await suiteOn(smallDisk({ inodes: 2 })!, "logs");
    const result = await suite.exec(["--step-num", "1"], ["sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect(result.code).toBe(3);
    expect(result.stderr).toStartWith("err\n");
    expect(onlyWarning(result)).toContain("step-01-stderr.txt could not be made: no space left on device");
    expect(expectWholeTape(suite.db).map(({ kind, bytes }) => [kind, String(bytes)])).toEqual([["stdout", "out\n"]]);
  });

  test("a step runs if the database has no room, and the next step records both after there is room", async () => {
    const disk = smallDisk()!;
    const suite = await suiteOn(disk, "db");
    fill(disk);
    const logs = path.join(fs.mkdtempSync(path.join(suite.dir, "..", "logs-")), "logs");
    const result = await suite.exec(["--step-num", "1", "--log-dir", logs], ["sh", "-c", "echo out; exit 3"]);
    expect(result.code).toBe(3);
    expect(onlyWarning(result)).toStartWith(
      `the step is not recorded: no space left to write database ${suite.db}; its rows wait in ${logs}/step-01-pending-`,
    );
    expect(fs.readFileSync(path.join(logs, "step-01-stdout.txt"), "utf8")).toBe("out\n");
    fs.rmSync(path.join(disk, "filler"));
    expectNoWarning(await suite.exec(["--step-num", "2"], ["true"]));
    expectWholeTape(suite.db);
    expect(suite.sql("SELECT step_num, exit_code FROM steps ORDER BY 1")).toEqual([
      { step_num: 1, exit_code: 3 },
      { step_num: 2, exit_code: 0 },
    ]);
  });

  test("a step that fills the database's disk returns its code, which run end records later", async () => {
    const disk = smallDisk()!;
    const suite = await suiteOn(disk, "db");
    const script = `echo out; head -c 2000000 /dev/zero > '${disk}/filler' 2>&-; exit 3`;
    const result = await suite.exec(["--step-num", "1"], ["sh", "-c", script]);
    expect(result.code).toBe(3);
    expect(onlyWarning(result)).toContain(
      `the step's end is not recorded: no space left to write database ${suite.db}`,
    );
    fs.rmSync(path.join(disk, "filler"));
    expect((await suite.verb("run end", ["--run-id", suite.runId])).code).toBe(0);
    expectWholeTape(suite.db);
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 3 }]);
  });

  test("a step with its logs and database on the full disk is neither blocked nor lost", async () => {
    const disk = smallDisk({ size: "600k" })!;
    const suite = await suiteOn(disk, "db");
    const result = await suite.exec(["--step-num", "1"], ["sh", "-c", noise.script]);
    expect(result.code).toBe(3);
    expect(suite.log(1, "stdout").toString() + result.stdout === output).toBe(true);
    expect(onlyWarning(result)).toContain("no space left");
    const strict = await suite.exec(["--step-num", "2", "--strict"], ["sh", "-c", "echo ran"]);
    expect({ code: strict.code, stdout: strict.stdout }).toEqual({ code: 125, stdout: "ran\n" });
  });

  test("run start, run end and init report the full disk in one line", async () => {
    const disk = smallDisk()!;
    const suite = await suiteOn(disk, "db");
    fill(disk);
    for (const args of [
      ["run", "start", "--db", suite.db, "--root-dir", suite.dir],
      ["run", "end", "--db", suite.db, "--run-id", suite.runId],
      ["init", "--db", path.join(disk, "new.db")],
    ]) {
      const { stdout, stderr, code } = await scenariolog(args);
      expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
      expect(stderr).toMatch(/^Error: no space left to write database .*\n {2}free some space and run it again\n$/);
    }
  });
});

describe.if(canMount)("in a read-only directory", () => {
  test("a step prints to the console, and is recorded", async () => {
    const suite = await startSuite();
    const logs = path.join(suite.dir, "logs");
    await suite.exec(["--step-num", "1"], ["echo", "before"]);
    const thaw = freeze(logs)!;
    const result = await suite.exec(["--step-num", "2"], ["sh", "-c", "echo out; exit 3"]);
    const again = await suite.exec(["--step-num", "1"], ["sh", "-c", "echo out; exit 3"]);
    thaw();
    for (const { code, stdout } of [result, again]) expect({ code, stdout }).toEqual({ code: 3, stdout: "out\n" });
    expect(onlyWarning(result)).toContain("step-02-stdout.txt could not be made: read-only file system");
    expect(onlyWarning(again)).toContain("step-01-stdout.txt could not be made: read-only file system");
    expect(suite.sql("SELECT exit_code FROM attempts ORDER BY step_id, attempt")).toEqual([
      { exit_code: 0 },
      { exit_code: 3 },
      { exit_code: 3 },
    ]);
    expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["before\n", ""]);
  });

  test("a step whose database lies there runs, and only its logs are kept", async () => {
    const suite = await startSuite();
    fs.mkdirSync(path.join(suite.dir, "store"));
    const db = path.join(suite.dir, "store/runs.db");
    fs.renameSync(suite.db, db);
    const thaw = freeze(path.dirname(db))!;
    const result = await suite.exec(["--db", db, "--step-num", "1"], ["sh", "-c", "echo out; exit 3"]);
    thaw();
    expect(result.code).toBe(3);
    expect(onlyWarning(result)).toStartWith("the step is not recorded: ");
    expect(suite.log(1, "stdout").toString()).toBe("out\n");
  });
});
