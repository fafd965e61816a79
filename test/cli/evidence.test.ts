import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { GoBuild } from "../support/go-build.ts";
import { bash, scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";
import { expectWholeTape } from "../support/tape.ts";
import { expectNoWarning } from "../support/warnings.ts";

const linux = process.platform === "linux";

/** A further run of a suite's database, with the same root; also of another database. */
async function startRun(suite: Suite, db = suite.db): Promise<string> {
  const { stdout, code } = await scenariolog(["run", "start", "--db", db, "--root-dir", suite.dir]);
  expect(code).toBe(0);
  return stdout.trim();
}

/** Stored paths of stdout logs with what is in them. */
function texts(db: string): Record<string, string> {
  const tapes = expectWholeTape(db).filter(({ kind }) => kind === "stdout");
  return Object.fromEntries(tapes.map(({ path, bytes }) => [path, String(bytes)]));
}

function plant(suite: Suite, name: string, make: (file: string) => void): string {
  const logs = path.join(suite.dir, "logs");
  fs.mkdirSync(logs, { recursive: true });
  make(path.join(logs, name));
  return path.join(logs, name);
}

describe("an earlier run's log", () => {
  test("is moved aside, and its row shows the new name", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["echo", "first"]);
    for (const text of ["second", "third"]) {
      const result = await suite.exec(["--run-id", await startRun(suite), "--step-num", "1"], ["echo", text]);
      expectNoWarning(result);
      expect(result.stderr).toContain(" stdout=logs/step-01-stdout.txt ");
    }
    expect(texts(suite.db)).toEqual({
      "logs/step-01-stdout.1.txt": "first\n",
      "logs/step-01-stdout.2.txt": "second\n",
      "logs/step-01-stdout.txt": "third\n",
    });
    expect((await suite.verb("verify", ["--run-id", suite.runId])).code).toBe(0);
  });

  test("is moved aside with its row when the Go build recorded it", async () => {
    const suite = await startSuite();
    const go = new GoBuild(suite.db);
    go.run("go-run", suite.dir, "2024-03-01T10:00:00Z");
    go.exec("go-run", suite.dir, 1, { stdout: "go\n", stderr: "" });
    go.close();
    expectNoWarning(await suite.exec(["--step-num", "1", "--log-dir", "go-logs"], ["echo", "ours"]));
    expect(texts(suite.db)).toEqual({
      "go-logs/step-01-stdout.1.txt": "go\n",
      "go-logs/step-01-stdout.txt": "ours\n",
    });
  });

  test("is moved aside with the right row when the Go build wrote over one of ours", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1", "--log-dir", "go-logs"], ["echo", "a first one of ours"]);
    const go = new GoBuild(suite.db);
    go.run("go-run", suite.dir, "2024-03-01T10:00:00Z");
    go.exec("go-run", suite.dir, 1, { stdout: "go\n", stderr: "" });
    go.close();
    await suite.exec(["--run-id", await startRun(suite), "--step-num", "1", "--log-dir", "go-logs"], ["echo", "ours"]);
    expect((await suite.verb("verify", ["--run-id", "go-run"])).code).toBe(0);
    expect(await suite.verb("verify", ["--run-id", "latest"])).toMatchObject({ code: 0 });
  });

  test("is moved aside when no database knows it", async () => {
    const suite = await startSuite();
    plant(suite, "step-01-stdout.txt", (file) => fs.writeFileSync(file, "unknown\n"));
    expectNoWarning(await suite.exec(["--step-num", "1"], ["echo", "ours"]));
    expect(suite.log(1, "stdout").toString()).toBe("ours\n");
    expect(fs.readFileSync(path.join(suite.dir, "logs/step-01-stdout.1.txt"), "utf8")).toBe("unknown\n");
  });

  test("is found by another name of its directory", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["echo", "first"]);
    const other = path.join(tempDir(), "link");
    fs.symlinkSync(suite.dir, other);
    const { stdout } = await scenariolog(["run", "start", "--db", suite.db, "--root-dir", other]);
    await suite.exec(["--run-id", stdout.trim(), "--root-dir", other, "--step-num", "1"], ["echo", "second"]);
    expect(texts(suite.db)).toEqual({
      "logs/step-01-stdout.1.txt": "first\n",
      "logs/step-01-stdout.txt": "second\n",
    });
  });

  test("is found by another name of its directory when the Go build recorded it", async () => {
    const suite = await startSuite();
    const other = path.join(tempDir(), "link");
    fs.symlinkSync(suite.dir, other);
    const go = new GoBuild(suite.db);
    go.run("go-run", other, "2024-03-01T10:00:00Z");
    go.exec("go-run", other, 1, { stdout: "go\n", stderr: "" });
    go.close();
    await suite.exec(["--step-num", "1", "--log-dir", "go-logs"], ["echo", "ours"]);
    expect((await suite.verb("verify", ["--run-id", "go-run"])).code).toBe(0);
  });

  test("that was deleted leaves nothing to move, and its row says so to verify only", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["echo", "first"]);
    fs.rmSync(path.join(suite.dir, "logs"), { recursive: true });
    const second = await startRun(suite);
    expectNoWarning(await suite.exec(["--run-id", second, "--step-num", "1"], ["echo", "other"]));
    expect(fs.readdirSync(path.join(suite.dir, "logs"))).toHaveLength(2);
    expect((await suite.verb("verify", ["--run-id", second])).code).toBe(0);
    expect((await suite.verb("verify", ["--run-id", suite.runId])).code).toBe(1);
  });
});

describe("two runs that share a log dir", () => {
  test("lose nothing at the same time in one database: every row points to its own bytes", async () => {
    const suite = await startSuite();
    const runs = [suite.runId, await startRun(suite), await startRun(suite)];
    const all = runs.flatMap((runId, r) =>
      [1, 2, 3].flatMap((num) => [0, 1].map((again) => ({ runId, num, text: `run ${r} step ${num} again ${again}` }))),
    );
    const results = await Promise.all(
      all.map(({ runId, num, text }, i) => {
        const script = `echo ${text}; sleep 0.0${(i * 7) % 10}; echo ${text}`;
        return suite.exec(["--run-id", runId, "--step-num", String(num)], ["sh", "-c", script]);
      }),
    );
    for (const result of results) expectNoWarning(result);
    const tapes = expectWholeTape(suite.db).filter(({ kind }) => kind === "stdout");
    for (const { stepId, bytes } of tapes) {
      const owner = all.find(({ text }) => String(bytes) === `${text}\n${text}\n`)!;
      expect(stepId).toBe(`${owner.runId}-step-0${owner.num}`);
    }
    expect(new Set(tapes.map(({ bytes }) => String(bytes))).size).toBe(all.length);
    for (const runId of runs) expect((await suite.verb("verify", ["--run-id", runId])).code).toBe(0);
  });

  test("lose nothing at the same time in two databases", async () => {
    const suite = await startSuite();
    const dbs = [suite.db, path.join(suite.dir, "other.db")];
    const runs = [suite.runId, await startRun(suite, dbs[1])];
    const all = dbs.flatMap((db, d) =>
      [1, 2].flatMap((num) =>
        [0, 1, 2].map((i) => ({ db, runId: runs[d]!, num, text: `base ${d} step ${num} no ${i}` })),
      ),
    );
    const results = await Promise.all(
      all.map(({ db, runId, num, text }, i) => {
        const script = `echo ${text}; sleep 0.0${(i * 7) % 10}`;
        return suite.exec(["--db", db, "--run-id", runId, "--step-num", String(num)], ["sh", "-c", script]);
      }),
    );
    for (const result of results) expectNoWarning(result);
    // Those that had ended when the other database's run moved them are found again by run end.
    for (const [d, db] of dbs.entries()) {
      expect((await scenariolog(["run", "end", "--db", db, "--run-id", runs[d]!])).code).toBe(0);
      const kept = Object.values(texts(db)).sort();
      expect(kept).toEqual(
        all
          .filter((step) => step.db === db)
          .map(({ text }) => `${text}\n`)
          .sort(),
      );
    }
  });

  test("are told apart by verify before run end has noted down where the logs are", async () => {
    const suite = await startSuite();
    await suite.exec(["--step-num", "1"], ["echo", "mine"]);
    const other = path.join(suite.dir, "other.db");
    await suite.exec(["--db", other, "--run-id", await startRun(suite, other), "--step-num", "1"], ["echo", "more"]);
    const findings = await suite.verb("verify", ["--run-id", suite.runId, "--output", "json"]);
    expect(JSON.parse(findings.stdout)).toContainEqual(
      expect.objectContaining({
        path: "logs/step-01-stdout.txt",
        status: "moved",
        detail: expect.stringContaining("logs/step-01-stdout.1.txt"),
      }),
    );
    await suite.verb("run end", ["--run-id", suite.runId]);
    expect(texts(suite.db)).toEqual({ "logs/step-01-stdout.1.txt": "mine\n" });
    expect(texts(other)).toEqual({ "logs/step-01-stdout.txt": "more\n" });
  });
});

describe.if(linux)("what somebody planted where a log should go", () => {
  test("is not followed when it is a link", async () => {
    const suite = await startSuite();
    const victim = path.join(suite.dir, "victim");
    fs.writeFileSync(victim, "precious\n");
    plant(suite, "step-01-stdout.txt", (file) => fs.symlinkSync(victim, file));
    plant(suite, "step-01-stderr.txt", (file) => fs.symlinkSync(path.join(suite.dir, "dangling"), file));
    expectNoWarning(await suite.exec(["--step-num", "1"], ["echo", "out"]));
    expect(fs.readFileSync(victim, "utf8")).toBe("precious\n");
    expect(fs.existsSync(path.join(suite.dir, "dangling"))).toBe(false);
    expect(fs.readlinkSync(path.join(suite.dir, "logs/step-01-stdout.1.txt"))).toBe(victim);
    expect(texts(suite.db)).toEqual({ "logs/step-01-stdout.txt": "out\n" });
  });

  test("is not written through when it is a hard link", async () => {
    const suite = await startSuite();
    const victim = path.join(suite.dir, "victim");
    fs.writeFileSync(victim, "precious\n");
    plant(suite, "step-01-stdout.txt", (file) => fs.linkSync(victim, file));
    expectNoWarning(await suite.exec(["--step-num", "1"], ["echo", "out"]));
    expect(fs.readFileSync(victim, "utf8")).toBe("precious\n");
    expect(suite.log(1, "stdout").toString()).toBe("out\n");
  });

  test("does not hold the step up when it is a pipe, a directory or a socket", async () => {
    const suite = await startSuite();
    plant(suite, "step-01-stdout.txt", (file) => Bun.spawnSync(["mkfifo", file]));
    plant(suite, "step-01-stderr.txt", (file) => fs.mkdirSync(path.join(file, "with/more"), { recursive: true }));
    expectNoWarning(await suite.exec(["--step-num", "1"], ["sh", "-c", "echo out; echo err >&2"]));
    expect([suite.log(1, "stdout"), suite.log(1, "stderr")].map(String)).toEqual(["out\n", "err\n"]);
    expect(fs.statSync(path.join(suite.dir, "logs/step-01-stdout.1.txt")).isFIFO()).toBe(true);
    expect(fs.existsSync(path.join(suite.dir, "logs/step-01-stderr.1.txt/with/more"))).toBe(true);
  });
});

describe.if(linux)("files follow the caller's umask", () => {
  for (const [umask, mode] of [
    ["0000", 0o666],
    ["0002", 0o664],
    ["0022", 0o644],
    ["0077", 0o600],
  ] as const) {
    test(umask, async () => {
      const dir = tempDir();
      await bash(`umask ${umask}
        R=$(scenariolog run start --db '${dir}/runs.db' --root-dir '${dir}')
        scenariolog exec --db '${dir}/runs.db' --run-id "$R" --root-dir '${dir}' --log-dir new/logs --name s --step-num 1 -- \
          stat -c %a '${dir}/runs.db-wal'`);
      const modeOf = (file: string) => fs.statSync(path.join(dir, file)).mode & 0o777;
      expect(modeOf("runs.db").toString(8)).toBe(mode.toString(8));
      expect(modeOf("new/logs/step-01-stdout.txt").toString(8)).toBe(mode.toString(8));
      expect(fs.readFileSync(path.join(dir, "new/logs/step-01-stdout.txt"), "utf8")).toBe(`${mode.toString(8)}\n`);
    });
  }
});

describe("control sequences do not reach the terminal raw", () => {
  const evil = "\u001b]0;owned\u0007\u001b[2J\r\u009b31m";
  const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

  test("in what exec prints, whatever is named with them", async () => {
    const suite = await startSuite();
    const runId = `run-${evil}`;
    await suite.verb("run start", ["--root-dir", suite.dir, "--run-id", runId]);
    const flags = ["--run-id", runId, "--name", `step ${evil}`, "--log-dir", `logs${evil}`, "--step-num", "1"];
    const ok = await suite.exec(flags, ["sh", "-c", "exit 3"]);
    const missing = await suite.exec(flags, [`no-such-${evil}`]);
    fs.writeFileSync(path.join(suite.dir, `file${evil}`), "");
    const warned = await suite.exec([...flags, "--log-dir", `file${evil}`], ["true"]);
    const unknown = await suite.exec(["--run-id", `other${evil}`], ["true"]);
    expect([ok, missing, warned, unknown].map(({ code }) => code)).toEqual([3, 127, 0, 125]);
    for (const { stdout, stderr } of [ok, missing, warned, unknown]) {
      expect(stdout).not.toMatch(raw);
      expect(stderr).not.toMatch(raw);
      expect(stderr).toContain("\\x1b");
    }
  });

  test("in tables; JSON and files keep them", async () => {
    const suite = await startSuite();
    await suite.exec(["--name", `step ${evil}`, "--step-num", "1"], ["printf", `needle ${evil}\\n`]);
    await suite.exec(["--name", `fail ${evil}`, "--step-num", "2"], ["false"]);
    fs.writeFileSync(path.join(suite.dir, "logs/step-01-stdout.txt"), "changed");
    for (const [verb, flags] of [
      ["timings", []],
      ["failures", []],
    ] as const) {
      for (const format of ["table", "markdown"]) {
        const { stdout } = await suite.verb(verb, [...flags, "--output", format]);
        expect(stdout).not.toMatch(raw);
        expect(stdout).toContain("\\x1b");
      }
    }
    expect((await suite.rows("timings", ["--sort-by", "step_num"]))[0]!.step_name).toBe(`step ${evil}`);
    // The line clears the screen at its end: the index has what a person sees of it, which is nothing.
    expect(await suite.rows("search", ["--query", "needle"])).toEqual([]);
  });
});

test("finds the next free name where a thousand logs were moved to before", async () => {
  const suite = await startSuite();
  const logs = path.join(suite.dir, "logs");
  fs.mkdirSync(logs);
  for (let i = 1; i <= 1000; i++) fs.writeFileSync(path.join(logs, `step-01-stdout.${i}.txt`), "");
  fs.writeFileSync(path.join(logs, "step-01-stdout.txt"), "before\n");
  expectNoWarning(await suite.exec(["--step-num", "1"], ["echo", "now"]));
  expect(fs.readFileSync(path.join(logs, "step-01-stdout.1001.txt"), "utf8")).toBe("before\n");
});
