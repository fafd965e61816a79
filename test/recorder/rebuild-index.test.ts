import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { GoBuild } from "../support/go-build.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const TOKEN = `ghp_${"A1b2C3d4E5f6".repeat(3)}`;
const BAR = `${Array.from({ length: 3000 }, (_, i) => `${i} of 3000 downloaded`).join("\r")}\r\x1b[Kerror: walrus`;
const LOG = ["plain", "\x1b[31merror:\x1b[0m giraffe", BAR, "half", `token is ${TOKEN}`, ""].join("\n");
const SEEN = ["plain", "error: giraffe", "error: walrus", "half", "token is [redacted]"];

/** A run of this version, whose rows hold what the version before put there: raw lines, cut at 16,384 bytes. */
async function olderRun(): Promise<Suite> {
  const suite = await startSuite();
  const script = path.join(tempDir(), "log");
  fs.writeFileSync(script, LOG);
  await suite.exec(["--step-num", "1"], ["cat", script]);
  const db = new Database(suite.db);
  for (const [i, text] of LOG.split("\n").entries()) {
    db.run("UPDATE log_lines_fts SET text = ? WHERE line_num = ?", [text.slice(0, 16_384), i + 1]);
  }
  db.close();
  return suite;
}

const texts = (suite: Suite) =>
  suite.sql("SELECT text FROM log_lines_fts ORDER BY rowid").map((row) => (row as { text: string }).text);
const rebuild = (suite: Suite, ...flags: string[]) =>
  scenariolog(["index", "fts", "--db", suite.db, "--run-id", "latest", "--rebuild", ...flags]);

describe("index fts --rebuild", () => {
  test("brings lines of an older version up to date, writes only those, and finds nothing to do again", async () => {
    const suite = await olderRun();
    expect(texts(suite)).not.toContain("error: giraffe");
    expect(await scenariolog(["index", "fts", "--db", suite.db, "--run-id", "latest"])).toMatchObject({
      stdout: "0 lines added from 0 artifacts\n",
    });
    expect(texts(suite)).not.toContain("error: giraffe");
    const said = (count: string) => `0 lines added from 0 artifacts\n${count} brought up to date\n`;
    expect(await rebuild(suite)).toEqual({ stdout: said("3 lines"), stderr: "", code: 0, signal: null });
    expect(texts(suite)).toEqual(SEEN);
    for (const word of ["giraffe", "walrus", "error"]) {
      const { stdout } = await suite.verb("search", ["--query", word, "--select", "line_num"]);
      expect([word, stdout]).toEqual([word, { giraffe: "2\n", walrus: "3\n", error: "2\n3\n" }[word]!]);
    }
    expect((await suite.verb("search", ["--query", "31merror"])).stdout).not.toContain("giraffe");
    expect(await rebuild(suite)).toMatchObject({ stdout: said("0 lines"), stderr: "", code: 0 });
  });

  test("keeps lines whose log is gone, and cleans them all the same", async () => {
    const suite = await olderRun();
    fs.rmSync(path.join(suite.dir, "logs/step-01-stdout.txt"));
    const { stdout, stderr, code } = await rebuild(suite);
    expect({ stdout, code }).toMatchObject({ code: 0 });
    expect(stderr).toContain("logs/step-01-stdout.txt is not there; its lines stay");
    expect(texts(suite).map((text) => (text.includes("downloaded") ? "bar" : text))).toEqual(SEEN.with(2, "bar"));
    expect(texts(suite)[2]).not.toContain("\r");
  });

  test("does not take the lines of another file for those of the log", async () => {
    const suite = await olderRun();
    fs.writeFileSync(path.join(suite.dir, "logs/step-01-stdout.txt"), "other\n".repeat(5));
    const { stderr, code } = await rebuild(suite);
    expect(code).toBe(0);
    expect(stderr).toContain("is not what was recorded");
    expect(texts(suite)[0]).toBe("plain");
    expect(texts(suite)[1]).toBe("error: giraffe");
  });

  test("applies the patterns that it is given", async () => {
    const suite = await olderRun();
    await rebuild(suite, "--redact", "giraffe");
    expect(texts(suite)[1]).toBe("error: [redacted]");
  });

  test("brings up to date what the Go build has indexed, in every run", async () => {
    const dir = tempDir();
    const db = path.join(dir, "go.db");
    const go = new GoBuild(db);
    for (const [i, run] of ["a", "b"].entries()) {
      go.run(run, dir, "2024-03-01T10:00:00Z");
      go.exec(run, dir, i, { stdout: LOG, stderr: "" });
    }
    go.close();
    const { stdout, stderr, code } = await scenariolog(["index", "fts", "--db", db, "--all-runs", "--rebuild"]);
    expect({ stdout, stderr, code }).toEqual({
      stdout: "0 lines added from 0 artifacts\n6 lines brought up to date\n",
      stderr: "",
      code: 0,
    });
    const found = await scenariolog(["search", "--db", db, "--all-runs", "--query", "walrus", "--select", "run_id"]);
    expect(found.stdout).toBe("a\nb\n");
  });
});
