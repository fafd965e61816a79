import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { movedPlaces } from "../../src/files/moved-recording.ts";
import { scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

interface Moved {
  readonly dir: string;
  readonly db: string;
  readonly runId: string;
}

/** A failed run that was recorded in one directory, whose files are now in another one. */
async function recordedAndMoved(move: (from: string, to: string) => void = fs.renameSync): Promise<Moved> {
  const from = path.join(tempDir(), "work");
  fs.mkdirSync(from);
  const suite = await startSuite(from);
  fs.writeFileSync(path.join(from, "a.sh"), "echo before\necho 'error: giraffe' >&2\nnosuchcmd\n");
  await suite.exec(["--step-num", "1"], ["sh", "a.sh"], { cwd: from });
  await suite.exec(["--step-num", "2", "--index", "none"], ["sh", "-c", "echo unindexed walrus"], { cwd: from });
  const to = path.join(tempDir(), "unpacked");
  move(from, to);
  return { dir: to, db: path.join(to, "runs.db"), runId: suite.runId };
}

const verb = ({ db }: Moved, name: string, ...flags: string[]) =>
  scenariolog([...name.split(" "), "--db", db, ...flags]);

describe("of a recording that was moved", () => {
  test("why, log, verify, show and index fts find the files beside the database, and say so in one note", async () => {
    const moved = await recordedAndMoved();
    const note = expect.stringMatching(
      /^\[scenariolog\] note: the recording was moved: files of \S+\/work are read in \S+\/unpacked\n$/,
    );
    const why = await verb(moved, "why");
    expect(why).toMatchObject({ code: 0, stderr: note });
    expect(why.stdout).toContain("  > 3  nosuchcmd\n");
    expect(why.stdout).toContain("stderr:1: error: giraffe\n");
    expect(await verb(moved, "log", "1", "--stdout")).toMatchObject({ code: 0, stdout: "before\n", stderr: note });
    expect(await verb(moved, "verify", "--output", "json")).toMatchObject({ code: 0, stdout: "[]\n", stderr: note });
    expect(JSON.parse((await verb(moved, "show")).stdout).steps[0].stdout.head).toEqual(["before"]);
    expect(await verb(moved, "index fts", "--run-id", moved.runId)).toMatchObject({ code: 0, stderr: note });
    expect((await verb(moved, "search", "--query", "walrus")).stdout).toContain("unindexed walrus");
  });

  test("that was copied, the copy is read, and not what the database does not vouch for", async () => {
    const moved = await recordedAndMoved((from, to) => fs.cpSync(from, to, { recursive: true }));
    expect((await verb(moved, "why")).stdout).toContain("  > 3  nosuchcmd\n");
    expect(await verb(moved, "verify", "--output", "json")).toMatchObject({ code: 0, stdout: "[]\n" });
  });

  test("verify still tells what was changed, is missing, or does not belong there", async () => {
    const moved = await recordedAndMoved();
    fs.appendFileSync(path.join(moved.dir, "logs/step-01-stdout.txt"), "more\n");
    fs.writeFileSync(path.join(moved.dir, "logs/step-09-stdout.txt"), "foreign\n");
    fs.rmSync(path.join(moved.dir, "logs/step-02-stderr.txt"));
    const { stdout, code } = await verb(moved, "verify", "--output", "json");
    expect(code).toBe(1);
    expect(
      JSON.parse(stdout).map((row: { path: string; status: string }) => [path.basename(row.path), row.status]),
    ).toEqual([
      ["step-01-stdout.txt", "changed"],
      ["step-02-stderr.txt", "missing"],
      ["step-09-stdout.txt", "unrecorded"],
    ]);
    const why = await verb(moved, "why");
    expect(why.stdout).toContain("step-01-stdout.txt is not what was recorded)");
    expect(why.stdout).not.toContain("\n  more\n");
  });

  test("without its database beside it, --root-dir says where it is", async () => {
    const moved = await recordedAndMoved();
    const db = path.join(tempDir(), "runs.db");
    fs.renameSync(moved.db, db);
    const alone = { ...moved, db };
    expect((await verb(alone, "why")).stdout).toContain("(the log is not there)");
    expect((await verb(alone, "why", "--root-dir", moved.dir)).stdout).toContain("  > 3  nosuchcmd\n");
    expect((await verb(alone, "verify", "--root-dir", moved.dir)).code).toBe(0);
  });

  test("from Windows, or from a directory below that of the database, it is found as well", async () => {
    const moved = await recordedAndMoved();
    const db = new Database(moved.db);
    db.run("UPDATE scenario_runs SET root_dir = 'C:\\build\\work'");
    db.run("UPDATE log_files SET file = 'C:\\build\\work\\logs\\' || substr(file, -18)");
    db.close();
    expect((await verb(moved, "log", "1", "--stdout")).stdout).toBe("before\n");
    expect(await verb(moved, "verify", "--output", "json")).toMatchObject({ code: 0, stdout: "[]\n" });
    const below = path.join(moved.dir, "work");
    fs.mkdirSync(below);
    fs.renameSync(path.join(moved.dir, "logs"), path.join(below, "logs"));
    expect((await verb(moved, "log", "1", "--stdout")).stdout).toBe("before\n");
  });

  test("a stranger's database does not read beyond its own directory that way", async () => {
    const moved = await recordedAndMoved();
    const secret = path.join(path.dirname(moved.dir), "secret.txt");
    fs.writeFileSync(secret, "top secret\n");
    fs.symlinkSync(secret, path.join(moved.dir, "link.txt"));
    const db = new Database(moved.db);
    for (const name of ["../secret.txt", secret, "link.txt", `/x/../../secret.txt`]) {
      db.query("UPDATE artifacts SET path = ? WHERE kind = 'stdout'").run(name);
      expect((await verb(moved, "why")).stdout).not.toContain("top secret");
    }
    db.close();
  });
});

describe("the places of a moved file", () => {
  const files = (root: string, stored: string) => movedPlaces(["/n"], root, stored).map(({ file }) => file);

  test("keep all of the path below the root", () => {
    expect(files("/ci/work", "logs/a.txt")).toEqual(["/n/logs/a.txt", "/n/work/logs/a.txt"]);
    expect(files("/ci/work", "/ci/work/logs/a.txt")).toEqual(["/n/logs/a.txt", "/n/work/logs/a.txt"]);
    expect(files("C:\\ci\\work", "logs/a.txt")).toEqual(["/n/logs/a.txt", "/n/work/logs/a.txt"]);
  });

  test("have at least a directory of a path elsewhere, and are none for one that leads upwards", () => {
    expect(files("/ci/work", "/var/log/x/a.txt")).toEqual(["/n/log/x/a.txt", "/n/x/a.txt"]);
    expect(files("/ci/work", "../../etc/shadow")).toEqual([]);
    expect(files("/", "a.txt")).toEqual(["/n/a.txt"]);
  });
});
