// check: smoke, a recorder inside a recorder

import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { bash, scenariolog, tempDir } from "../support/program.ts";
import { script, shim } from "../support/scripts.ts";
import { alive, startExec, until } from "../support/started.ts";
import { type Suite, startSuite } from "../support/suite.ts";

function commands(suite: Suite): Record<string, unknown>[] {
  return suite.sql("SELECT * FROM commands ORDER BY command_id");
}

function commandTags(suite: Suite, num = 1): Record<string, unknown> {
  const rows = suite.sql("SELECT k, v FROM kv WHERE command_id LIKE ?", `%-cmd-${String(num).padStart(3, "0")}`);
  return Object.fromEntries(rows.map(({ k, v }) => [k, v]));
}

describe("cmd", () => {
  test("records one command with its own files, and the step's log is what it would be without cmd", async () => {
    const suite = await startSuite();
    const text = (cmd: string) =>
      `echo before; ${cmd} sh -c 'echo out; echo err >&2; exit 3'; echo "code $?" >&2; cd /`;
    const { code } = await script(suite, `${text("scenariolog cmd --name both --")}; scenariolog cmd -- pwd`);
    expect(code).toBe(0);
    expect(suite.log(1, "stdout").toString()).toBe("before\nout\n/\n");
    expect(suite.log(1, "stderr").toString()).toBe("err\ncode 3\n");
    expect(commands(suite)).toMatchObject([
      {
        command_id: `${suite.runId}-step-01-cmd-001`,
        step_id: `${suite.runId}-step-01`,
        command_num: 1,
        argv0: "sh",
        argv_json: JSON.stringify(["-c", "echo out; echo err >&2; exit 3"]),
        cwd: expect.any(String),
        completed_at: expect.any(String),
        exit_code: 3,
        duration_ms: expect.any(Number),
      },
      { command_num: 2, argv0: "pwd", argv_json: "[]", cwd: "/", exit_code: 0 },
    ]);
    expect(commandTags(suite)).toMatchObject({ "cmd.name": "both" });
    expect(commandTags(suite)).not.toHaveProperty(["cmd.recorder"]);
    const log = (name: string) => fs.readFileSync(path.join(suite.dir, "logs", name), "utf8");
    expect([log("step-01-cmd-01-stdout.txt"), log("step-01-cmd-01-stderr.txt")]).toEqual(["out\n", "err\n"]);
    expect(await suite.verb("verify")).toMatchObject({ code: 0 });
  });

  test("does not change answers about the step: one hit for each line, the step's own stderr, two logs", async () => {
    const suite = await startSuite();
    await script(suite, "scenariolog cmd -- sh -c 'echo needle; echo lost >&2'; exit 1");
    expect(await suite.verb("search", ["--query", "needle", "--select", "path"])).toMatchObject({
      stdout: "logs/step-01-stdout.txt\n",
      stderr: "",
    });
    expect((await suite.verb("failures", ["--select", "stderr_path"])).stdout).toBe("logs/step-01-stderr.txt\n");
    expect((await suite.verb("index fts", ["--run-id", suite.runId])).stdout).toBe("0 lines added from 0 artifacts\n");
    expect(await suite.rows("artifacts", ["--fields", "kind"])).toHaveLength(4);
  });

  test("keeps the order of what is written into one pipe, with 2>&1", async () => {
    const suite = await startSuite();
    const both = "for i in $(seq 300); do echo o$i; echo e$i >&2; done";
    const { code } = await script(suite, `scenariolog cmd -- bash -c '${both}' 2>&1`);
    expect(code).toBe(0);
    const wanted = Array.from({ length: 300 }, (_, i) => `o${i + 1}\ne${i + 1}\n`).join("");
    expect(suite.log(1, "stdout").toString()).toBe(wanted);
    expect(fs.readFileSync(path.join(suite.dir, "logs/step-01-cmd-01-stdout.txt"), "utf8")).toBe(wanted);
  });

  test("passes on every byte of a large binary output, and reads what is piped into it", async () => {
    const suite = await startSuite();
    const bytes = crypto.getRandomValues(new Uint8Array(1 << 16));
    const file = path.join(suite.dir, "in.bin");
    for (let i = 0; i < 80; i++) fs.appendFileSync(file, bytes);
    await script(
      suite,
      'cat "$DIR/in.bin" | scenariolog cmd -- cat | sha256sum; scenariolog cmd -- sha256sum <"$DIR/in.bin"',
    );
    const sum = new Bun.CryptoHasher("sha256").update(fs.readFileSync(file)).digest("hex");
    expect(suite.log(1, "stdout").toString()).toBe(`${sum}  -\n`.repeat(2));
    expect(suite.sql("SELECT size_bytes, sha256 FROM artifacts WHERE kind = 'cmd-stdout' LIMIT 1")).toEqual([
      { size_bytes: 80 << 16, sha256: sum },
    ]);
  });

  test("lets a program notice that its reader is gone, as without cmd", async () => {
    const suite = await startSuite();
    const { code } = await script(suite, "scenariolog cmd -- yes | head -1; echo $PIPESTATUS");
    expect(code).toBe(0);
    expect(suite.log(1, "stdout").toString()).toBe("y\n141\n");
    expect(commands(suite)).toMatchObject([{ argv0: "yes", exit_code: 141 }]);
    expect(commandTags(suite)).toMatchObject({ "exit.signal": "SIGPIPE" });
  });

  test("gives the command its own id, and otherwise the environment of the step", async () => {
    const suite = await startSuite();
    await script(suite, "env | sort >one; scenariolog cmd -- env | sort | diff one - | tail -n +2", [
      ...["--step-num", "1", "--work-dir", suite.dir],
    ]);
    const printed = suite.log(1, "stdout").toString();
    expect(printed).toContain(`> SCENARIOLOG_COMMAND_ID=${suite.runId}-step-01-cmd-001\n`);
    expect(printed.match(/^[<>] (?!SCENARIOLOG_COMMAND_ID|_=)/gm)).toBeNull();
  });

  test("gives each of many simultaneous commands its own number and files", async () => {
    const suite = await startSuite();
    await script(suite, "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do scenariolog cmd -- echo $i & done; wait");
    expect(suite.log(1, "stderr").toString()).toBe("");
    expect(commands(suite).map((row) => row.command_num)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    for (const { argv_json, command_num } of commands(suite)) {
      const name = `step-01-cmd-${String(command_num).padStart(2, "0")}-stdout.txt`;
      expect(fs.readFileSync(path.join(suite.dir, "logs", name), "utf8")).toBe(`${JSON.parse(String(argv_json))[0]}\n`);
    }
    expect(await suite.verb("verify")).toMatchObject({ code: 0 });
  });

  test("inside a cmd is a separate command, and its output is in both files and in the step's log", async () => {
    const suite = await startSuite();
    await script(suite, 'export -f scenariolog; scenariolog cmd -- bash -c "scenariolog cmd -- echo deep"');
    expect(suite.log(1, "stdout").toString()).toBe("deep\n");
    expect(commands(suite)).toHaveLength(2);
    for (const num of ["01", "02"]) {
      expect(fs.readFileSync(path.join(suite.dir, `logs/step-01-cmd-${num}-stdout.txt`), "utf8")).toBe("deep\n");
    }
  });

  test.each([
    ["no-such-program", 127, "no-such-program: not found in PATH"],
    ["./data", 126, "permission denied"],
  ])("of %s ends with %i, which is recorded, and says why", async (program, wanted, text) => {
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "data"), "");
    const { code } = await script(suite, `cd "$DIR"; scenariolog cmd -- ${program}`);
    expect(code).toBe(wanted);
    expect(suite.log(1, "stderr").toString()).toContain(text);
    expect(commands(suite)).toMatchObject([{ argv0: program, exit_code: wanted }]);
    expect(String(commandTags(suite)["exit.error"])).toContain(text);
  });

  test("with a log directory outside the root is known to verify, which names unrecorded files there", async () => {
    const suite = await startSuite();
    const logs = path.join(tempDir(), "logs");
    await script(suite, "scenariolog cmd -- echo on", ["--step-num", "1", "--log-dir", logs]);
    expect(await suite.verb("verify")).toMatchObject({ code: 0, stderr: "" });
    fs.writeFileSync(path.join(logs, "step-01-cmd-09-stdout.txt"), "?");
    expect(await suite.verb("verify", ["--select", "status"])).toMatchObject({ code: 1, stdout: "unrecorded\n" });
  });

  test("does not wait for a process that the command leaves behind, whose output still reaches the step's log", async () => {
    const suite = await startSuite();
    const server =
      "(echo early; until [ -e $DIR/next ]; do sleep 0.02; done; echo late; sleep 0.2; echo last >&2) & echo started";
    const text = `scenariolog cmd -- sh -c '${server}'; echo next; touch $DIR/next; sleep 1; echo end`;
    expect(await script(suite, text)).toMatchObject({ code: 0 });
    const lines = suite.log(1, "stdout").toString().split("\n");
    expect(lines.toSorted()).toEqual(["", "early", "end", "late", "next", "started"]);
    expect(lines.indexOf("next")).toBeLessThan(lines.indexOf("late"));
    expect(suite.log(1, "stderr").toString()).toBe("last\n");
    expect(await suite.verb("verify")).toMatchObject({ code: 0 });
  });

  test("of a later run in the same log directory moves the earlier files aside, and both runs stay whole", async () => {
    const suite = await startSuite();
    await script(suite, "scenariolog cmd -- echo first");
    const second = { ...suite, runId: (await suite.verb("run start", ["--root-dir", suite.dir])).stdout.trim() };
    const words = [
      "--run-id",
      second.runId,
      "--root-dir",
      suite.dir,
      "--log-dir",
      "logs",
      "--name",
      "s",
      "--step-num",
      "1",
    ];
    await suite.verb("exec", [...words, "--", "bash", "-c", `${shim}scenariolog cmd -- echo second`]);
    for (const run of [suite.runId, second.runId]) {
      expect(await suite.verb("verify", ["--run-id", run])).toMatchObject({ code: 0 });
    }
    const paths = suite.sql("SELECT path FROM artifacts WHERE kind = 'cmd-stdout' ORDER BY artifact_id");
    expect(paths.map((row) => row.path)).toEqual([
      "logs/step-01-cmd-01-stdout.1.txt",
      "logs/step-01-cmd-01-stdout.txt",
    ]);
  });
});

describe("cmd that cannot be recorded", () => {
  test("runs all the same outside any step, with one warning", async () => {
    const { stdout, stderr, code } = await bash("echo in | scenariolog cmd -- sh -c 'cat; exit 5'");
    expect({ stdout, code }).toEqual({ stdout: "in\n", code: 5 });
    expect(stderr).toBe("[scenariolog] warning: sh is not recorded: cmd is not called inside a step\n");
  });

  test("runs if the database is gone, or the log directory cannot be created", async () => {
    const suite = await startSuite();
    await script(
      suite,
      'SCENARIOLOG_LOG_DIR=/dev/null/x scenariolog cmd -- echo one; rm "$DB"*; scenariolog cmd -- echo two',
    );
    expect(suite.log(1, "stdout").toString()).toBe("one\ntwo\n");
    const said = suite.log(1, "stderr").toString();
    expect(said).toMatch(/^(\[scenariolog\] warning: echo is not recorded: .*\n){2}$/);
    expect(said).toContain("no database");
  });

  test("runs inside a step that was not recorded", async () => {
    const suite = await startSuite();
    const env = { SCENARIOLOG_DB: suite.db, SCENARIOLOG_RUN_ID: suite.runId, SCENARIOLOG_STEP_ID: "x" };
    const { stdout, stderr, code } = await scenariolog(["cmd", "--log-dir", "x", "--", "echo", "on"], { env });
    expect({ stdout, code }).toEqual({ stdout: "on\n", code: 0 });
    expect(stderr).toContain("echo is not recorded: no step x in run");
  });

  test("without a command, or with flags that do not say where, is a usage error", async () => {
    expect(await scenariolog(["cmd"])).toMatchObject({ code: 2, stderr: expect.stringContaining("needs a command") });
    const half = await scenariolog(["cmd", "--db", "x.db", "--", "true"]);
    expect(half).toMatchObject({ code: 2, stderr: expect.stringContaining("cmd is not called inside a step") });
  });
});

describe("cmd that is ended", () => {
  const wait = 'trap "echo bye; exit 9" TERM; echo $$ >"$DIR/pid"; for i in $(seq 1200); do sleep 0.05; done';

  async function started(suite: Suite) {
    const line = `export DIR='${suite.dir}'\n${shim}scenariolog cmd -- sh -c '${wait}' & echo $! >"$DIR/recorder"; wait $!; echo "code $?"`;
    const exec = startExec(suite, ["--step-num", "1"], ["bash", "-c", line]);
    const pidIn = (name: string) =>
      until(name, () => {
        const file = path.join(suite.dir, name);
        return (fs.existsSync(file) && Number(fs.readFileSync(file, "utf8"))) || null;
      });
    const pid = await pidIn("pid");
    return { exec, pid, parent: Number(/^PPid:\t(\d+)$/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))![1]) };
  }

  test("by TERM passes the signal on, keeps what the command prints then, and is recorded as interrupted", async () => {
    const suite = await startSuite();
    const { exec, parent } = await started(suite);
    process.kill(parent, "SIGTERM");
    await exec.ended;
    expect(suite.log(1, "stdout").toString()).toBe("bye\ncode 143\n");
    expect(commands(suite)).toMatchObject([{ exit_code: 143 }]);
    expect(commandTags(suite)).toMatchObject({ "exit.reason": "interrupted", "exit.signal": "SIGTERM" });
    expect(await suite.verb("verify")).toMatchObject({ code: 0 });
  });

  test("by KILL leaves its row open, and run end closes it with what its files hold", async () => {
    const suite = await startSuite();
    const { exec, pid, parent } = await started(suite);
    process.kill(parent, "SIGKILL");
    process.kill(pid, "SIGKILL");
    await exec.ended;
    expect(alive(pid)).toBe(false);
    expect(commands(suite)).toMatchObject([{ exit_code: null, completed_at: null }]);
    expect(await suite.verb("run end", ["--run-id", suite.runId])).toMatchObject({ code: 0, stderr: "" });
    expect(commands(suite)).toMatchObject([{ exit_code: 137, completed_at: expect.any(String) }]);
    expect(commandTags(suite)).toEqual({ "exit.reason": "interrupted" });
    expect(suite.sql("SELECT size_bytes FROM artifacts WHERE kind LIKE 'cmd-%'")).toEqual([
      { size_bytes: 0 },
      { size_bytes: 0 },
    ]);
    expect(await suite.verb("verify")).toMatchObject({ code: 0 });
  });

  test("is left alone by run end while it runs, and records its own end", async () => {
    const suite = await startSuite();
    const { exec, pid } = await started(suite);
    await suite.verb("run end", ["--run-id", suite.runId]);
    expect(commands(suite)).toMatchObject([{ exit_code: null }]);
    process.kill(pid, "SIGTERM");
    await exec.ended;
    expect(commands(suite)).toMatchObject([{ exit_code: 9 }]);
  });
});
