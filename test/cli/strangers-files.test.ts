import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { program, type Result, run, scenariolog, tempDir } from "../support/program.ts";

/** What no report, index or file may hold: it lies where no database is. */
const SECRET = "giraffe";

/** A home with a key of its own, so that no recorder here knows another's marks. */
function home(): Readonly<Record<string, string>> {
  const dir = tempDir();
  return { HOME: dir, XDG_STATE_HOME: path.join(dir, "state") };
}

interface Recorded {
  readonly db: string;
  readonly root: string;
  readonly runId: string;
  /** A verb on the database, run far away from it, by its recorder unless another home is given. */
  verb(words: string, flags?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Result>;
  change(sql: string, ...params: (string | number | null | Uint8Array)[]): void;
}

/** One failed step, recorded into a database that lies outside the run's root. */
async function recorded(options: { db?: string; logDir?: string; rootDir?: string } = {}): Promise<Recorded> {
  const env = home();
  const root = options.rootDir ?? tempDir();
  const db = options.db ?? path.join(tempDir(), "x.db");
  fs.writeFileSync(path.join(root, "s.sh"), `echo out\n# ${SECRET}\nbad-${SECRET}\nexit 3\n`);
  const place = ["--db", db, "--root-dir", root];
  const started = await scenariolog(["run", "start", ...place], { env });
  const runId = started.stdout.trim();
  const step = ["--run-id", runId, "--log-dir", options.logDir ?? "logs", "--name", "s", "--", "bash", "s.sh"];
  const ended = await scenariolog(["exec", ...place, "--work-dir", root, ...step], { env });
  expect(ended.code).toBe(3);
  return {
    db,
    root,
    runId,
    verb: (words, flags = [], other = env) =>
      scenariolog([...words.split(" "), "--db", db, ...flags], { env: other, cwd: "/" }),
    change: (sql, ...params) => {
      const handle = new Database(db);
      handle.run("PRAGMA foreign_keys = ON");
      handle.run(sql, params);
      handle.close();
    },
  };
}

/** Every verb that reads a run's files, as it is called. */
function readers(runId: string): readonly [string, readonly string[]][] {
  return [
    ["why", []],
    ["log", ["0"]],
    ["verify", []],
    ["index fts", ["--run-id", runId]],
    ["run end", ["--run-id", runId]],
  ];
}

async function expectUnread({ verb, runId }: Recorded, env?: Readonly<Record<string, string>>): Promise<void> {
  for (const [words, flags] of readers(runId)) {
    const { stdout, stderr } = await verb(words, flags, env);
    expect(`${words}: ${stdout}${stderr}`).not.toContain(`${SECRET}:`);
    expect(`${words}: ${stdout}${stderr}`).not.toContain(`# ${SECRET}`);
    expect(stderr).not.toContain("defect");
  }
}

describe("a database outside its run's root", () => {
  test("is read without a flag by the user who recorded it, and by nobody else", async () => {
    const own = await recorded();
    expect((await own.verb("why")).stdout).toContain(`# ${SECRET}`);
    expect(await own.verb("log", ["0", "--stdout"])).toMatchObject({ stdout: "out\n", stderr: "" });
    expect(await own.verb("verify")).toMatchObject({ code: 0 });
    const stranger = home();
    await expectUnread(own, stranger);
    const refused = await own.verb("log", ["0", "--stdout"], stranger);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(path.join(own.root, "logs/step-00-stdout.txt"));
    expect(refused.stderr).toContain("--root-dir DIR");
    expect((await own.verb("why", [], stranger)).stdout).toContain("--root-dir DIR");
  });

  test("is read where --root-dir says, or anywhere with --allow-outside", async () => {
    const own = await recorded();
    const stranger = home();
    for (const flags of [["--root-dir", own.root], ["--allow-outside"]]) {
      expect((await own.verb("why", flags, stranger)).stdout).toContain(`# ${SECRET}`);
      expect((await own.verb("log", ["0", "--stdout", ...flags], stranger)).stdout).toBe("out\n");
      expect((await own.verb("verify", flags, stranger)).code).toBe(0);
    }
    const moved = path.join(tempDir(), "moved");
    fs.renameSync(own.root, moved);
    expect((await own.verb("log", ["0", "--stdout"])).stderr).toContain("is not there");
    expect((await own.verb("log", ["0", "--stdout", "--root-dir", moved])).stdout).toBe("out\n");
    expect((await own.verb("verify", ["--root-dir", moved])).code).toBe(0);
  });

  test("is read from any directory, even if its recorder was given a relative root", async () => {
    const [env, root, db] = [home(), tempDir(), path.join(tempDir(), "x.db")];
    const place = ["--db", db, "--root-dir", "."];
    const runId = (await scenariolog(["run", "start", ...place], { env, cwd: root })).stdout.trim();
    const step = ["--run-id", runId, "--log-dir", "logs", "--name", "s", "--", "echo", "out"];
    await scenariolog(["exec", ...place, ...step], { env, cwd: root });
    const { stdout, stderr } = await scenariolog(["log", "--db", db, "0", "--stdout"], { env, cwd: "/" });
    expect({ stdout, stderr }).toEqual({ stdout: "out\n", stderr: "" });
  });

  test("vouches for nothing in a copy, after an edit of the root, or if others can write to it", async () => {
    const own = await recorded();
    const copy = path.join(tempDir(), "copy.db");
    const handle = new Database(own.db);
    handle.run(`VACUUM INTO '${copy}'`);
    handle.close();
    const ofCopy = (words: string, flags: readonly string[] = []) =>
      own.verb(words, [...flags, "--db", copy]).then(({ stdout, stderr }) => stdout + stderr);
    expect(await ofCopy("why")).not.toContain(SECRET);
    expect(await ofCopy("log", ["0"])).toContain("only the database vouches for");
    fs.chmodSync(own.db, 0o666);
    expect((await own.verb("log", ["0"])).stderr).toContain("only the database vouches for");
    fs.chmodSync(own.db, 0o644);
    expect((await own.verb("log", ["0", "--stdout"])).stdout).toBe("out\n");
    own.change("UPDATE scenario_runs SET root_dir = '/'");
    own.change("UPDATE artifacts SET path = 'etc/passwd'");
    await expectUnread(own);
    expect((await own.verb("log", ["0"])).stderr).toContain("only the database vouches for");
  });

  test("can have its logs in a third directory, of which nothing else is read", async () => {
    const logDir = tempDir();
    const own = await recorded({ logDir });
    expect((await own.verb("log", ["0", "--stdout"])).stdout).toBe("out\n");
    expect((await own.verb("verify")).code).toBe(0);
    fs.writeFileSync(path.join(logDir, "diary.txt"), `# ${SECRET}\n`);
    own.change("UPDATE artifacts SET path = ?", path.join(logDir, "diary.txt"));
    own.change("DELETE FROM artifact_index");
    expect((await own.verb("log", ["0"])).stderr).toContain("--allow-outside");
    expect(`${(await own.verb("index fts", ["--run-id", own.runId])).stderr}`).toContain("diary.txt lies outside");
  });
});

describe("a database that somebody sent", () => {
  const roots = ["/", "/etc", "../../../../../..", "."];

  test("has only files beside it read, whatever it says about its root and logs", async () => {
    const own = await recorded();
    const away = path.join(tempDir(), "step-00-stdout.txt");
    fs.writeFileSync(away, `# ${SECRET}\n`);
    for (const root of [...roots, path.dirname(away)]) {
      own.change("UPDATE scenario_runs SET root_dir = ?", root);
      own.change("DELETE FROM artifact_index");
      own.change("UPDATE artifacts SET path = ?, size_bytes = NULL, sha256 = NULL WHERE kind = 'stdout'", away);
      own.change("UPDATE log_files SET file = ?, file_id = NULL WHERE kind = 'stdout'", away);
      await expectUnread(own);
      own.change("UPDATE attempts SET completed_at = NULL, recorder_pid = 999999");
      own.change("UPDATE log_files SET artifact_id = NULL");
      const ended = await own.verb("run end", ["--run-id", own.runId]);
      expect(ended.stderr).toContain(`${away} lies outside`);
      const rows = new Database(own.db, { readonly: true });
      expect(rows.query(`SELECT count(*) FROM log_lines_fts WHERE text LIKE '# ${SECRET}%'`).values()).toEqual([[0]]);
      rows.close();
    }
  });

  test("opens no access to the home directory or the shared temporary directory by lying there", async () => {
    const own = await recorded();
    const dir = tempDir();
    const nest = path.join(dir, "deep");
    fs.mkdirSync(nest);
    fs.writeFileSync(path.join(dir, "id.txt"), `# ${SECRET}\n`);
    const file = path.join(dir, "x.db");
    const handle = new Database(own.db);
    handle.run("UPDATE scenario_runs SET root_dir = ?", [dir]);
    handle.run("UPDATE artifacts SET path = 'id.txt'");
    handle.run(`VACUUM INTO '${file}'`);
    handle.close();
    const log = (env: Readonly<Record<string, string>>) =>
      scenariolog(["log", "--db", file, "0", "--stdout"], { env, cwd: "/" });
    expect((await log(home())).stdout).toBe(`# ${SECRET}\n`); // it came with the database
    for (const place of [dir, nest]) expect((await log({ HOME: place })).stdout).toBe("");
    fs.chmodSync(dir, 0o1777);
    expect((await log(home())).stdout).toBe("");
  });

  test("makes no report follow a link out of its directory, or open a FIFO or device", async () => {
    const own = await recorded();
    const dir = path.dirname(own.db);
    own.change("UPDATE scenario_runs SET root_dir = ?", dir);
    own.change("UPDATE artifacts SET path = 'l', size_bytes = NULL, sha256 = NULL");
    own.change("DELETE FROM artifact_index");
    const link = path.join(dir, "l");
    const odd: [string, () => void][] = [
      ["lies outside", () => fs.symlinkSync(path.join(own.root, "s.sh"), link)],
      ["lies outside", () => fs.symlinkSync("/dev/zero", link)],
      ["not a regular file", () => void Bun.spawnSync(["mkfifo", link])],
      ["not a regular file", () => fs.mkdirSync(link)],
    ];
    for (const [said, make] of odd) {
      make();
      await expectUnread(own);
      expect((await own.verb("log", ["0"])).stderr).toContain(said);
      fs.rmSync(link, { recursive: true });
    }
  });

  test("makes artifact add write nothing where it says that its root is", async () => {
    const own = await recorded();
    const target = path.join(tempDir(), "config");
    own.change("UPDATE scenario_runs SET root_dir = ?", target);
    const file = path.join(own.root, "s.sh");
    const flags = ["--run-id", own.runId, "--step", "0", "--log-dir", "logs", file];
    const added = await own.verb("artifact add", flags);
    expect(added).toMatchObject({ code: 1 });
    expect(added.stderr).toContain("--log-dir");
    const step = ["--run-id", own.runId, "--step", "0", "--log-dir", "logs", "--", "true"];
    expect(await own.verb("cmd", step)).toMatchObject({ code: 0, stderr: expect.stringContaining("not recorded") });
    expect(fs.existsSync(target)).toBe(false);
  });
});

test("a database named like a side file of SQLite, or beside an odd one, is refused in one line", async () => {
  const own = await recorded();
  for (const suffix of ["-journal", "-wal", "-shm"]) {
    const odd = `${own.db}${suffix}`;
    const victim = path.join(own.root, "victim");
    fs.writeFileSync(victim, "mine");
    const makes = [
      () => Bun.spawnSync(["mkfifo", odd]),
      () => fs.mkdirSync(odd),
      () => fs.symlinkSync("/dev/zero", odd),
      () => fs.symlinkSync(victim, odd),
    ];
    for (const make of makes) {
      fs.rmSync(odd, { recursive: true, force: true });
      make();
      for (const [words, flags] of [...readers(own.runId), ["steps", []], ["runs", []]] as const) {
        const { stderr, code } = await own.verb(words, flags);
        expect({ words, code, lines: stderr.match(/^Error: /gm)?.length }).toEqual({ words, code: 1, lines: 1 });
        expect(stderr).toContain(`x.db${suffix} is a`);
      }
      expect(fs.readFileSync(victim, "utf8")).toBe("mine");
    }
    fs.rmSync(odd, { recursive: true, force: true });
  }
  for (const file of ["/dev/zero", path.join(own.root, "fifo"), own.root]) {
    if (file.endsWith("fifo")) Bun.spawnSync(["mkfifo", file]);
    for (const [words, flags] of [...readers("x"), ["init", []]] as const) {
      const { stderr, code } = await run([...program, ...words.split(" "), "--db", file, ...flags]);
      expect({ words, code }).toEqual({ words, code: 1 });
      expect(stderr).toContain("is not a file");
    }
  }
});
