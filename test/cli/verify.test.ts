import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { GoBuild } from "../support/go-build.ts";
import { program, run, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

const linux = process.platform === "linux";

/** A suite with one step that printed on both streams, and functions to look at it and to spoil it. */
async function recorded(): Promise<
  Suite & { file: (name: string) => string; findings: (flags?: string[]) => Promise<unknown[]> }
> {
  const suite = await startSuite();
  await suite.exec(["--step-num", "1"], ["sh", "-c", "echo out; echo err >&2"]);
  return {
    ...suite,
    file: (name) => path.join(suite.dir, "logs", name),
    findings: async (flags = []) => {
      const { stdout, stderr, code } = await suite.verb("verify", ["--output", "json", ...flags]);
      expect(stderr).toBe("");
      const rows = JSON.parse(stdout) as { path: string; status: string; detail: string }[];
      expect(code).toBe(rows.length > 0 ? 1 : 0);
      return rows.map(({ path, status, detail }) => [path, status, detail]);
    },
  };
}

function change(db: string, sql: string, ...params: (string | number | null)[]): void {
  const handle = new Database(db);
  try {
    handle.query(sql).run(...params);
  } finally {
    handle.close();
  }
}

describe("verify", () => {
  test("finds nothing when all is as it was recorded, and changes nothing", async () => {
    const suite = await recorded();
    const before = fs.readFileSync(suite.db);
    expect(await suite.findings()).toEqual([]);
    expect((await suite.verb("verify")).stdout.split("\n")[1]).toContain("| status | detail |");
    expect(fs.readFileSync(suite.db).equals(before)).toBe(true);
  });

  test("names what is missing", async () => {
    const suite = await recorded();
    fs.rmSync(suite.file("step-01-stdout.txt"));
    expect(await suite.findings()).toEqual([["logs/step-01-stdout.txt", "missing", "is not there"]]);
    fs.rmSync(path.join(suite.dir, "logs"), { recursive: true });
    expect(await suite.findings()).toHaveLength(2);
  });

  test("names what has changed, with another size or the same", async () => {
    const suite = await recorded();
    fs.appendFileSync(suite.file("step-01-stdout.txt"), "more");
    fs.writeFileSync(suite.file("step-01-stderr.txt"), "arr\n");
    expect(await suite.findings()).toEqual([
      ["logs/step-01-stdout.txt", "changed", "has 8 bytes, recorded are 4"],
      ["logs/step-01-stderr.txt", "changed", "has another sha256 than was recorded"],
    ]);
  });

  test("names logs beside them that no run has recorded, whatever they are", async () => {
    const suite = await recorded();
    fs.writeFileSync(suite.file("step-07-stdout.txt"), "unknown\n");
    fs.symlinkSync("/nowhere", suite.file("step-08-stdout-late.txt"));
    fs.writeFileSync(suite.file("step-09-stdout-late.txt"), "");
    fs.writeFileSync(suite.file("notes.txt"), "mine\n");
    expect(await suite.findings()).toEqual([
      ["logs/step-07-stdout.txt", "unrecorded", "no run of this database has recorded it"],
      ["logs/step-08-stdout-late.txt", "unrecorded", "was written after its step had ended"],
    ]);
  });

  test("does not call a step's logs unrecorded while it runs, nor after its recorder was killed", async () => {
    const suite = await recorded();
    const result = await suite.exec(
      ["--step-num", "2"],
      [
        "sh",
        "-c",
        `${program.join(" ")} verify --db '${suite.db}' --run-id '${suite.runId}' && sleep 0.5 && kill -KILL $PPID`,
      ],
    );
    expect(result.signal).toBe("SIGKILL");
    expect(suite.log(2, "stdout").toString()).toContain("| status | detail |");
    expect(await suite.findings()).toEqual([]);
  });

  test("looks at one run only, the latest when none is named", async () => {
    const suite = await recorded();
    fs.rmSync(suite.file("step-01-stdout.txt"));
    await suite.verb("run start", ["--root-dir", suite.dir]);
    expect(await suite.findings()).toEqual([]);
    expect(await suite.findings(["--run-id", suite.runId])).toHaveLength(1);
  });

  test("checks what the Go build recorded, with or without hashes", async () => {
    const dir = tempDir();
    const db = path.join(dir, "go.db");
    const go = new GoBuild(db);
    go.run("go-run", dir, "2024-03-01T10:00:00Z");
    go.exec("go-run", dir, 1, { stdout: "one\n", stderr: "" });
    go.artifact({ runId: "go-run" }, "report", "gone.txt", null);
    go.close();
    const rows = async () => {
      const { stdout } = await run([...program, "verify", "--db", db, "--output", "json"]);
      return (JSON.parse(stdout) as { path: string; status: string }[]).map(({ path, status }) => [path, status]);
    };
    expect(await rows()).toEqual([["gone.txt", "missing"]]);
    fs.writeFileSync(path.join(dir, "gone.txt"), "any");
    expect(await rows()).toEqual([]);
    fs.writeFileSync(path.join(dir, "go-logs/step-01-stdout.txt"), "One\n");
    expect(await rows()).toEqual([["go-logs/step-01-stdout.txt", "changed"]]);
  });

  test("has every output format, and exits with 1 in each when it has found something", async () => {
    const suite = await recorded();
    fs.rmSync(suite.file("step-01-stdout.txt"));
    for (const format of ["table", "json", "jsonl", "yaml", "csv", "tsv", "markdown", "html"]) {
      const { stdout, stderr, code } = await suite.verb("verify", ["--output", format]);
      expect({ format, code, stderr }).toEqual({ format, code: 1, stderr: "" });
      expect(stdout).toContain("logs/step-01-stdout.txt");
      expect(stdout).toContain("missing");
    }
    const selected = await suite.verb("verify", ["--select", "path"]);
    expect(selected.stdout).toBe("logs/step-01-stdout.txt\n");
  });
});

describe.if(linux)("in the place of a log, verify", () => {
  test("follows a link that stays in the run's root, and none that leads out of it", async () => {
    const suite = await recorded();
    const outside = path.join(tempDir(), "elsewhere.txt");
    fs.renameSync(suite.file("step-01-stdout.txt"), path.join(suite.dir, "kept.txt"));
    fs.symlinkSync(path.join(suite.dir, "kept.txt"), suite.file("step-01-stdout.txt"));
    fs.renameSync(suite.file("step-01-stderr.txt"), outside);
    fs.symlinkSync(outside, suite.file("step-01-stderr.txt"));
    expect(await suite.findings()).toEqual([
      ["logs/step-01-stderr.txt", "outside", "lies outside the run's root and log directories (--allow-outside)"],
    ]);
    expect(await suite.findings(["--allow-outside"])).toEqual([]);
  });

  test("neither hangs on a pipe nor reads a directory or a device", async () => {
    const suite = await recorded();
    const odd = (name: string, make: (file: string) => void) => {
      fs.rmSync(suite.file(name));
      make(suite.file(name));
    };
    odd("step-01-stdout.txt", (file) => Bun.spawnSync(["mkfifo", file]));
    odd("step-01-stderr.txt", (file) => fs.mkdirSync(file));
    expect(await suite.findings()).toEqual([
      ["logs/step-01-stdout.txt", "unreadable", "is not a regular file"],
      ["logs/step-01-stderr.txt", "unreadable", "is not a regular file"],
    ]);
    fs.rmSync(suite.file("step-01-stdout.txt"));
    fs.symlinkSync("/dev/zero", suite.file("step-01-stdout.txt"));
    expect((await suite.findings())[0]).toEqual(["logs/step-01-stdout.txt", "outside", expect.any(String)]);
    expect((await suite.findings(["--allow-outside"]))[0]).toEqual([
      "logs/step-01-stdout.txt",
      "unreadable",
      "is not a regular file",
    ]);
  });

  test("does not read the database itself, which would take SQLite's locks away", async () => {
    const suite = await recorded();
    change(suite.db, "UPDATE artifacts SET path = 'runs.db' WHERE kind = 'stdout'");
    expect((await suite.findings())[0]).toEqual(["runs.db", "unreadable", "is the database itself"]);
  });

  test("says of a link to itself that it cannot be read", async () => {
    const suite = await recorded();
    fs.rmSync(suite.file("step-01-stdout.txt"));
    fs.symlinkSync("step-01-stdout.txt", suite.file("step-01-stdout.txt"));
    expect(await suite.findings()).toEqual([["logs/step-01-stdout.txt", "unreadable", "cannot be read: ELOOP"]]);
  });
});

describe("a database that names files of others", () => {
  const secret = "/etc/passwd";

  /** Artifacts with the right size and hash, so that only what reads the file could tell. */
  function poison(suite: Suite, stored: string): void {
    const bytes = fs.readFileSync(secret);
    const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    change(suite.db, "UPDATE artifacts SET path = ?, size_bytes = ?, sha256 = ?", stored, bytes.length, sha256);
    change(suite.db, "DELETE FROM artifact_index");
    change(suite.db, "UPDATE log_files SET file = 'x' || artifact_id");
  }

  test.if(linux)("gets none of them read by verify and index fts", async () => {
    const suite = await recorded();
    for (const stored of [secret, path.relative(suite.dir, secret), `logs/../../../../../..${secret}`]) {
      poison(suite, stored);
      expect(await suite.findings()).toContainEqual([stored, "outside", expect.any(String)]);
      const indexed = await suite.verb("index fts", ["--run-id", suite.runId]);
      expect(indexed.code).toBe(1);
      expect(indexed.stderr).toContain("lies outside the run's root and log directories");
      expect(suite.sql("SELECT * FROM log_lines_fts WHERE log_lines_fts MATCH 'root'")).toEqual([]);
    }
    expect(await suite.findings(["--allow-outside"])).not.toContainEqual([secret, "outside", expect.any(String)]);
  });

  test.if(linux)("gets none of them taken in by run end", async () => {
    const suite = await recorded();
    change(suite.db, "UPDATE attempts SET completed_at = NULL, exit_code = NULL, recorder_pid = 999999");
    change(suite.db, "UPDATE steps SET completed_at = NULL, exit_code = NULL");
    change(suite.db, "UPDATE log_files SET artifact_id = NULL, file_id = NULL, file = ? WHERE kind = 'stdout'", secret);
    const alias = path.join(tempDir(), "step-01-stderr.txt");
    fs.symlinkSync(secret, alias);
    change(suite.db, "UPDATE log_files SET artifact_id = NULL, file_id = NULL, file = ? WHERE kind = 'stderr'", alias);
    change(suite.db, "DELETE FROM artifacts");
    const result = await suite.verb("run end", ["--run-id", suite.runId]);
    expect(result.code).toBe(0);
    for (const file of [secret, alias]) expect(result.stderr).toContain(`warning: ${file} lies outside`);
    expect(suite.sql("SELECT exit_code FROM steps")).toEqual([{ exit_code: 137 }]);
    expect(suite.sql("SELECT * FROM artifacts")).toEqual([]);
    expect(suite.sql("SELECT * FROM log_lines_fts WHERE log_lines_fts MATCH 'root'")).toEqual([]);
  });

  const strace = linux && Bun.spawnSync(["sh", "-c", "strace -qq -o /dev/null true"], { stderr: "ignore" }).success;

  test.if(strace)("has none of them opened, as strace shows", async () => {
    const suite = await recorded();
    const outside = path.join(tempDir(), "step-05-stdout.txt");
    fs.copyFileSync(secret, outside);
    poison(suite, outside);
    for (const verb of [["verify"], ["index", "fts"], ["run", "end"]]) {
      const flags = ["--db", suite.db, "--run-id", suite.runId];
      const trace = path.join(suite.dir, "trace");
      await run(["strace", "-f", "-o", trace, "-e", "trace=open,openat", ...program, ...verb, ...flags]);
      const opened = fs.readFileSync(trace, "utf8").split("\n");
      expect(opened.some((line) => line.includes(suite.db))).toBe(true);
      // With O_PATH a file is named, and cannot be read.
      expect(opened.filter((line) => line.includes(outside) && !line.includes("O_PATH"))).toEqual([]);
    }
  });

  test("is an error of one line at worst, whatever its columns hold", async () => {
    const suite = await recorded();
    const odd: (string | number | null)[] = [17, "", "\0", "a\0b", "x".repeat(5000), "logs", ".", "/", "../", null];
    for (const stored of odd.filter((value) => value !== null)) {
      change(suite.db, "UPDATE artifacts SET path = ?", stored);
      const { code, stderr } = await suite.verb("verify");
      expect({ stored, code, stderr }).toEqual({ stored, code: 1, stderr: "" });
    }
    for (const value of odd) {
      change(suite.db, "UPDATE artifacts SET path = 'logs/step-01-stdout.txt', size_bytes = 4, sha256 = ?", value);
      expect((await suite.verb("verify")).stderr).toBe("");
      change(suite.db, "UPDATE log_files SET file_id = ?", value);
      expect((await suite.verb("run end", ["--run-id", suite.runId])).stderr).toBe("");
      change(suite.db, "UPDATE artifacts SET size_bytes = ?", value);
      const named = typeof value === "string" ? "Error: database " : "";
      expect((await suite.verb("verify")).stderr).toStartWith(named);
    }
  });
});
