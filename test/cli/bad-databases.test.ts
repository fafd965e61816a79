import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { contentsOf } from "../support/files.ts";
import { run, scenariolog, tempDir } from "../support/program.ts";

/** A database with a run, as bytes to spoil. */
let good: Buffer;
beforeAll(async () => {
  const db = path.join(tempDir(), "good.db");
  await scenariolog(["run", "start", "--db", db, "--root-dir", "/", "--run-id", "r"]);
  good = fs.readFileSync(db);
});

const makers: [string, string[]][] = [
  ["init", ["init"]],
  ["run start", ["run", "start", "--root-dir", "."]],
];
const users: [string, string[]][] = [
  ["run end", ["run", "end", "--run-id", "r"]],
  ["exec", ["exec", "--run-id", "r", "--root-dir", ".", "--log-dir", "logs", "--name", "n", "--", "touch", "ran"]],
  ["index fts", ["index", "fts", "--run-id", "r"]],
  ["summary", ["summary"]],
  ["failures", ["failures", "--run-id", "r"]],
  ["timings", ["timings"]],
  ["search", ["search", "--query", "x"]],
  ["capabilities", ["capabilities"]],
];
const verbs = [...makers, ...users];
/** A step does not fail because its recording does: see the next to last test here. */
const usersButExec = users.filter(([verb]) => verb !== "exec");

/** Runs each verb on the file that `make` puts into a fresh directory, and expects one error and no trace of it. */
async function expectRefusal(which: typeof verbs, make: (file: string) => void, message: string): Promise<void> {
  const refused = await Promise.all(
    which.map(async ([verb, args]) => {
      const dir = tempDir();
      make(path.join(dir, "x.db"));
      const before = contentsOf(dir);
      const [first, ...rest] = args;
      const flags = verb === "run start" || verb === "run end" || verb === "index fts" ? [rest.shift()!] : [];
      const { stdout, stderr, code } = await scenariolog([first!, ...flags, "--db", "x.db", ...rest], { cwd: dir });
      const [error, hint, ...more] = stderr.split("\n");
      return {
        verb,
        stdout,
        error,
        hinted: hint?.startsWith("  ") ?? false,
        more,
        code,
        same: Bun.deepEquals(contentsOf(dir), before),
      };
    }),
  );
  expect(refused).toEqual(
    which.map(([verb]) => ({
      verb,
      stdout: "",
      error: `Error: ${message}`,
      hinted: true,
      more: [""],
      code: verb === "exec" ? 125 : 1,
      same: true,
    })),
  );
}

describe("every verb refuses, in one line, and leaves as it is", () => {
  const bytes = (content: string | Uint8Array) => (file: string) => fs.writeFileSync(file, content);
  const withVersion = (version: number) => (file: string) => {
    const copy = Buffer.from(good);
    copy.writeInt32BE(version, 60);
    fs.writeFileSync(file, copy);
  };
  const sql =
    (...statements: string[]) =>
    (file: string) => {
      const db = new Database(file, { create: true });
      for (const statement of statements) db.run(statement);
      db.close();
    };
  const foreign = "database x.db belongs to another program: it has no scenariolog tables";

  test.each([
    ["text", bytes("this is a log file\n".repeat(100)), "x.db is not an SQLite database"],
    ["a single byte", bytes("\n"), "x.db is not an SQLite database"],
    [
      "99 bytes of a database",
      (file: string) => fs.writeFileSync(file, good.subarray(0, 99)),
      "x.db is not an SQLite database",
    ],
    ["nothing but NULs", bytes(new Uint8Array(8192)), "x.db is not an SQLite database"],
    ["a directory", (file: string) => fs.mkdirSync(file), "x.db is not a file"],
    ["a device", (file: string) => fs.symlinkSync("/dev/null", file), "x.db is not a file"],
    ["a newer version", withVersion(2), "database x.db has schema version 2; this program knows version 1"],
    ["a much newer version", withVersion(99), "database x.db has schema version 99; this program knows version 1"],
    ["a negative version", withVersion(-1), "database x.db has schema version -1; this program knows version 1"],
    ["another program's database", sql("CREATE TABLE bookmarks(url)"), foreign],
    ["another program's database with a log", sql("PRAGMA journal_mode = WAL", "CREATE TABLE bookmarks(url)"), foreign],
    ["another program's database of version 1", sql("CREATE TABLE t(a)", "PRAGMA user_version = 1"), foreign],
  ] as [string, (file: string) => void, string][])("%s", async (_name, make, message) => {
    await expectRefusal(verbs, make, message);
  });

  test("a pipe, without waiting for its writer", async () => {
    await expectRefusal(verbs, (file) => Bun.spawnSync(["mkfifo", file]), "x.db is not a file");
  });

  test("a file in a directory that is not there, or is a file", async () => {
    const dir = tempDir();
    fs.writeFileSync(path.join(dir, "file"), "");
    for (const args of [["init"], ["summary"]]) {
      expect(await scenariolog([...args, "--db", "none/x.db"], { cwd: dir })).toMatchObject({
        stdout: "",
        stderr: `Error: no directory ${dir}/none for database none/x.db\n  check --db, or make the directory first\n`,
        code: 1,
      });
      expect(await scenariolog([...args, "--db", "file/x.db"], { cwd: dir })).toMatchObject({
        stdout: "",
        stderr: expect.stringMatching(/^Error: database file\/x\.db cannot be read: ENOTDIR\n/),
        code: 1,
      });
    }
    expect(fs.readdirSync(dir)).toEqual(["file"]);
  });
});

describe("a verb that needs a run refuses", () => {
  test("a missing file, and makes none", async () => {
    await expectRefusal(usersButExec, () => {}, "no database x.db");
  });

  test("an empty file, and leaves it empty", async () => {
    await expectRefusal(usersButExec, (file) => fs.writeFileSync(file, ""), "database x.db is empty");
  });

  test("a database without tables", async () => {
    const make = (file: string) => {
      const db = new Database(file, { create: true });
      db.run("PRAGMA journal_mode = WAL");
      db.close();
    };
    await expectRefusal(usersButExec.slice(2), make, "database x.db is empty");
  });
});

describe("a damaged database is an error that says so, and is not written:", () => {
  const damages: [string, (bytes: Buffer) => Uint8Array][] = [
    ["cut to one page", (bytes) => bytes.subarray(0, 4096)],
    ["cut within a page", (bytes) => bytes.subarray(0, bytes.length - 1000)],
    ["a schema that cannot be read", (bytes) => bytes.fill(0xff, 100, 4096)],
    ["a broken header", (bytes) => bytes.fill(0xff, 16, 100).fill(0, 60, 64)],
    ["tables of nothing but noise", (bytes) => bytes.fill(0xa5, 4096)],
  ];
  test.each(damages)("%s", async (_name, damage) => {
    const spoilt = damage(Buffer.from(good));
    for (const [verb, args] of [makers[1]!, ...usersButExec.slice(0, 6)]) {
      const dir = tempDir();
      const db = path.join(dir, "x.db");
      fs.writeFileSync(db, spoilt);
      const words = verb.split(" ");
      const flags = args.slice(words.length);
      const { stdout, stderr, code } = await scenariolog([...words, "--db", "x.db", ...flags], { cwd: dir });
      expect({ verb, stdout, code }).toEqual({ verb, stdout: "", code: 1 });
      expect(stderr).toMatch(
        /^Error: (database x\.db is damaged: |x\.db is not an SQLite database)[^\n]*\n {2}[^\n]+\n$/,
      );
      expect(fs.readdirSync(dir)).toEqual(["x.db"]);
      expect(fs.readFileSync(db).equals(spoilt)).toBe(true);
    }
  });

  test("a damaged index is an error of search only", async () => {
    const dir = tempDir();
    const db = path.join(dir, "x.db");
    fs.writeFileSync(db, good);
    const handle = new Database(db);
    handle.run("INSERT INTO log_lines_fts VALUES ('r', 1, 1, 'zebra')");
    handle.close();
    // Its block of words, beginning with the lengths that stand in front of the first one.
    const bytes = fs.readFileSync(db);
    const word = bytes.indexOf("0zebra");
    expect(word).toBeGreaterThan(0);
    fs.writeFileSync(db, bytes.fill(0xff, word - 6, word));
    expect(await scenariolog(["summary", "--db", db, "--select", "run_id"])).toMatchObject({ stdout: "r\n", code: 0 });
    expect(await scenariolog(["search", "--db", db, "--query", "zebra"])).toMatchObject({
      stdout: "",
      stderr: expect.stringMatching(/^Error: database \S+ is damaged: [^\n]+\n {2}[^\n]+\n$/),
      code: 1,
    });
  });
});

test.each([
  ["missing", null],
  ["empty", () => Buffer.alloc(0)],
  ["damaged", () => Buffer.from(good).fill(0xff, 100, 4096)],
] as [string, (() => Buffer) | null][])(
  "a step runs also where its database is %s, which stays so",
  async (_name, make) => {
    const dir = tempDir();
    const db = path.join(dir, "x.db");
    if (make) fs.writeFileSync(db, make());
    const flags = ["--db", "x.db", "--run-id", "r", "--root-dir", ".", "--log-dir", "logs", "--name", "n"];
    const { stdout, stderr, code } = await scenariolog(["exec", ...flags, "--", "sh", "-c", "exit 3"], { cwd: dir });
    expect({ stdout, code }).toEqual({ stdout: "", code: 3 });
    expect(stderr).toContain("[scenariolog] warning: ");
    expect(fs.readdirSync(dir).sort()).toEqual(make ? ["logs", "x.db"] : ["logs"]);
    if (make) expect(fs.readFileSync(db).equals(make())).toBe(true);
  },
);

test("changes that wait in the log of a newer or foreign database are left waiting", async () => {
  for (const statement of ["PRAGMA user_version = 2", "DROP TABLE scenario_runs"]) {
    const dir = tempDir();
    const db = path.join(dir, "x.db");
    fs.writeFileSync(db, good);
    // Dies with its change in the log: nobody has moved that into the file.
    const script = `const { Database } = require("bun:sqlite"); const db = new Database(${JSON.stringify(db)});
      db.run("PRAGMA foreign_keys = OFF"); db.run(${JSON.stringify(statement)}); process.kill(process.pid, "SIGKILL");`;
    await run([process.execPath, "-e", script]);
    const files = () =>
      [db, `${db}-wal`].map((file) => new Bun.CryptoHasher("md5").update(fs.readFileSync(file)).digest("hex"));
    const before = files();
    for (const [, args] of makers) {
      const { stdout, stderr, code } = await scenariolog([...args, "--db", db], { cwd: dir });
      expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
      expect(stderr).toMatch(/has schema version 2|belongs to another program/);
    }
    expect(files()).toEqual(before);
  }
});

test.skipIf(process.getuid?.() !== 0 || Bun.which("setpriv") === null || process.env.SCENARIOLOG_BIN === undefined)(
  "a database that one may not read is an error that says so (as root, of the executable)",
  async () => {
    const dir = tempDir();
    const bin = path.join(dir, "scenariolog");
    fs.copyFileSync(process.env.SCENARIOLOG_BIN!, bin);
    fs.chmodSync(dir, 0o755);
    fs.chmodSync(bin, 0o755);
    const db = path.join(dir, "x.db");
    fs.writeFileSync(db, good, { mode: 0o600 });
    const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", bin];
    for (const [, args] of [makers[0]!, users[3]!]) {
      expect(await run([...nobody, ...args, "--db", db], { cwd: dir })).toEqual({
        stdout: "",
        stderr: `Error: database ${db} cannot be read: EACCES\n`,
        code: 1,
        signal: null,
      });
    }
    fs.chmodSync(db, 0o644);
    expect(await run([...nobody, "summary", "--db", db, "--select", "run_id"], { cwd: dir })).toMatchObject({
      stdout: "r\n",
      code: 0,
    });
    expect(await run([...nobody, "run", "end", "--run-id", "r", "--db", db], { cwd: dir })).toMatchObject({
      stdout: "",
      stderr: expect.stringMatching(/^Error: database \S+ cannot be (written|used): [^\n]+\n {2}[^\n]+\n$/),
      code: 1,
    });
    expect(fs.readFileSync(db).equals(good)).toBe(true);
    expect(fs.readdirSync(dir).sort()).toEqual(["scenariolog", "x.db"]);
  },
);

test("a name that SQLite cannot open is refused, and no empty file is left behind", async () => {
  const deep = path.join(...Array.from({ length: 3 }, () => "d".repeat(150)));
  for (const name of ["x".repeat(248), path.join(deep, "y".repeat(60))]) {
    const dir = tempDir();
    fs.mkdirSync(path.join(dir, deep), { recursive: true });
    for (const verb of makers) {
      const [, [...args]] = verb;
      expect(await scenariolog([...args, "--db", name], { cwd: dir })).toEqual({
        stdout: "",
        stderr: `Error: database ${name} cannot be made: its name is too long for SQLite\n  choose a shorter --db, or one in another directory\n`,
        code: 1,
        signal: null,
      });
    }
    expect(contentsOf(dir)).toEqual({});
  }
  const dir = tempDir();
  expect(await scenariolog(["init", "--db", "x".repeat(247)], { cwd: dir })).toMatchObject({ stderr: "", code: 0 });
});
