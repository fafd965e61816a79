import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { step } from "../support/steps.ts";
import { startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning, onlyWarning } from "../support/warnings.ts";

describe("if the logs are tampered with while a step runs", () => {
  test("a log that was deleted is written again, whole", async () => {
    const suite = await startSuite();
    const result = await step(suite, "echo one; rm $LOGS/step-01-stdout.txt; echo two; exit 3");
    expect(result.code).toBe(3);
    expectNoWarning(result);
    expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["one\ntwo\n", ""]);
  });

  test("a log directory that was removed is created again", async () => {
    const suite = await startSuite();
    const result = await step(suite, "echo one; rm -r $LOGS; echo two; echo err >&2; exit 3");
    expect(result.code).toBe(3);
    expectNoWarning(result);
    expect(expectWholeTape(suite.db).map(({ bytes }) => String(bytes))).toEqual(["one\ntwo\n", "err\n"]);
  });

  test("what a log held goes to the console if its directory has become a file", async () => {
    const suite = await startSuite();
    const result = await step(suite, "echo one; rm -r $LOGS; echo two; : > $LOGS; exit 3");
    expect({ code: result.code, stdout: result.stdout }).toEqual({ code: 3, stdout: "one\ntwo\n" });
    expect(onlyWarning(result)).toContain("could not be written again: ");
    expect(expectWholeTape(suite.db)).toEqual([]);
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 3 }]);
  });

  test("a log that something else replaced is kept under a numbered name", async () => {
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

    test("the index has the current lines of a log that was emptied", async () => {
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

    test("a log that another attempt moved aside gets no lines of that attempt", async () => {
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

  test("a step prints to the console if the log directory is a file from the start", async () => {
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
