import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

const without = { env: { SCENARIOLOG_NO_FTS5: "1" } };
const noFts5 = {
  stdout: "",
  stderr: expect.stringMatching(/^Error: search needs FTS5, which this SQLite does not have\n {2}[^\n]+\n$/),
  code: 1,
};
const silent = { stdout: "", stderr: "", code: 0 };

function tables(db: string): string[] {
  const handle = new Database(db, { readonly: true });
  const names = handle.query("SELECT name FROM sqlite_master WHERE name LIKE 'log_lines_fts%'").values().flat();
  handle.close();
  return names as string[];
}

/** Starts a run and records a step in it, all without FTS5. */
async function recordWithout(dir: string, db: string): Promise<void> {
  const start = ["run", "start", "--db", db, "--root-dir", dir, "--run-id", "r"];
  expect(await scenariolog(start, without)).toMatchObject({ stdout: "r\n", stderr: "", code: 0 });
  const exec = ["exec", "--db", db, "--run-id", "r", "--root-dir", dir, "--log-dir", "logs", "--name", "n"];
  const script = "echo needle one; echo needle two; echo needle err >&2; exit 4";
  const step = await scenariolog([...exec, "--", "bash", "-c", script], without);
  expect(step).toMatchObject({ stdout: "", code: 4 });
  expect(step.stderr).toMatch(
    /^\[scenariolog\] step=r-step-00 exit=4 [^\n]*\nError: step r-step-00 exited with code 4\n$/,
  );
  expect(await scenariolog(["run", "end", "--db", db, "--run-id", "r", "--exit-code", "4"], without)).toMatchObject(
    silent,
  );
}

describe("without FTS5", () => {
  test("runs and steps are recorded and reported; only search and index fts say that FTS5 is missing", async () => {
    const dir = tempDir();
    const db = path.join(dir, "x.db");
    expect(await scenariolog(["init", "--db", db], without)).toMatchObject(silent);
    expect(await scenariolog(["init", "--db", db], without)).toMatchObject(silent);
    await recordWithout(dir, db);
    expect(tables(db)).toEqual([]);
    const select = async (verb: string, column: string) => {
      const { stdout, stderr, code } = await scenariolog([verb, "--db", db, "--select", column], without);
      expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
      return stdout;
    };
    expect(await select("summary", "fts_enabled")).toBe("false\n");
    expect(await select("summary", "failed_steps")).toBe("1\n");
    expect(await select("failures", "stderr_path")).toBe("logs/step-00-stderr.txt\n");
    expect(await select("timings", "exit_code")).toBe("4\n");
    expect(await select("capabilities", "fts5")).toBe("false\n");
    expect(await scenariolog(["search", "--db", db, "--query", "needle"], without)).toMatchObject(noFts5);
    expect(await scenariolog(["search", "--db", db, "--query", "x.go:12", "--all-runs"], without)).toMatchObject(
      noFts5,
    );
    expect(await scenariolog(["index", "fts", "--db", db, "--run-id", "r"], without)).toEqual({
      stdout: "",
      stderr: `Error: FTS5 is not available; nothing of ${db} was indexed\n`,
      code: 1,
      signal: null,
    });
  });

  test("a search says so even if the database has an index, which stays unchanged", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["echo", "needle"]);
    const before = contentsOf(suite.dir);
    expect(await suite.verb("search", ["--query", "needle"], without)).toMatchObject(noFts5);
    expect(await suite.verb("init", [], without)).toMatchObject(silent);
    expect((await suite.verb("summary", ["--select", "fts_enabled"], without)).stdout).toBe("false\n");
    expect(contentsOf(suite.dir)).toEqual(before);
  });

  test("only the value 1 of the variable counts", async () => {
    for (const value of ["", "0", "no"]) {
      const { stdout } = await scenariolog(["capabilities", "--select", "fts5"], {
        env: { SCENARIOLOG_NO_FTS5: value },
      });
      expect(stdout).toBe("true\n");
    }
  });
});

describe("after FTS5 is available", () => {
  test("the next open creates the index, and index fts fills it", async () => {
    const dir = tempDir();
    const db = path.join(dir, "x.db");
    await recordWithout(dir, db);
    expect(await scenariolog(["search", "--db", db, "--query", "needle"])).toEqual({
      stdout: "",
      stderr: `Error: search needs an FTS5 index, which ${db} does not have\n  make it: scenariolog index fts --db ${db} --run-id latest\n`,
      code: 1,
      signal: null,
    });
    expect(await scenariolog(["init", "--db", db])).toMatchObject(silent);
    expect(tables(db)).toContain("log_lines_fts");
    const empty = await scenariolog(["search", "--db", db, "--query", "needle", "--select", "text"]);
    expect(empty).toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("note: 2 logs are not wholly indexed"),
      code: 0,
    });
    const index = ["index", "fts", "--db", db, "--run-id", "latest"];
    expect(await scenariolog(index)).toMatchObject({ stdout: "3 lines added from 2 artifacts\n", stderr: "", code: 0 });
    expect(await scenariolog(index)).toMatchObject({ stdout: "0 lines added from 0 artifacts\n", stderr: "", code: 0 });
    expect(await scenariolog(["search", "--db", db, "--query", "needle", "--select", "text"])).toMatchObject({
      stdout: "needle one\nneedle two\nneedle err\n",
      stderr: "",
    });
  });

  test("a step recorded without FTS5 can be indexed, even if the database already had an index", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["echo", "needle with"]);
    await suite.exec(["--step-num", "2"], ["echo", "needle without"], without);
    await suite.exec(["--step-num", "3"], ["echo", "needle again"]);
    const texts = async () => (await suite.verb("search", ["--query", "needle", "--select", "text"])).stdout;
    expect(await texts()).toBe("needle with\nneedle again\n");
    expect(await suite.verb("index fts", ["--run-id", "latest"])).toMatchObject({
      stdout: "1 line added from 1 artifact\n",
    });
    expect(await texts()).toBe("needle with\nneedle without\nneedle again\n");
  });
});
