import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import { program, run, scenariolog } from "../support/program.ts";
import { type Scripts, scripts } from "../support/recorded.ts";
import { childrenOf, until } from "../support/started.ts";
import { inTerminal } from "../support/terminal.ts";

function harness(...lines: string[]): Scripts {
  return scripts({ "./run-all.sh": lines.join("\n") });
}

const outputOf = (suite: Scripts, stream: string) =>
  fs.readFileSync(`${suite.dir}/.logs/${suite.run().run_id}/run-${stream}.txt`, "latin1");
const verb = (suite: Scripts, ...words: string[]) =>
  scenariolog([...words[0]!.split(" "), "--db", ".scenario-run.db", ...words.slice(1)], { cwd: suite.dir });
const rowsOf = async (suite: Scripts, ...words: string[]) =>
  JSON.parse((await verb(suite, ...words, "--output", "json")).stdout) as Record<string, unknown>[];
const has = (tool: string) => Bun.which(tool) !== null;

describe.concurrent("the output of a harness that is not on a terminal", () => {
  test("passes byte for byte, and is kept with the run, hashed and indexed", async () => {
    const suite = harness("printf 'a\\0\\377b\\n'; echo giraffe >&2; printf 'no end'; exit 3");
    const { code, stderr } = await suite.record(["--", "./run-all.sh"]);
    expect(code).toBe(3);
    expect(stderr).toStartWith("giraffe\n");
    expect(stderr).toContain("the output is kept: .logs/");
    expect(outputOf(suite, "stdout")).toBe("a\0\xffb\nno end");
    expect(outputOf(suite, "stderr")).toBe("giraffe\n");
    const raw = await run(["sh", "-c", `${program.join(" ")} record -- ./run-all.sh | od -An -c`], { cwd: suite.dir });
    expect(raw.stdout.replace(/\s+/g, " ")).toBe(" a \\0 377 b \\n n o e n d ");
    expect((await verb(suite, "verify")).code).toBe(0);
    expect(await rowsOf(suite, "search", "--query", "giraffe")).toMatchObject([
      { kind: "stderr", step_id: null, line_num: 1 },
    ]);
  });

  test("keeps the order of both streams if they go to one place", async () => {
    const lines = Array.from({ length: 200 }, (_, i) => `echo ${i}${i % 2 ? " >&2" : ""}`);
    const suite = harness(...lines);
    const both = await run(["sh", "-c", `${program.join(" ")} record -- ./run-all.sh >all.txt 2>&1`], {
      cwd: suite.dir,
    });
    expect(both.code).toBe(0);
    const expected = Array.from({ length: 200 }, (_, i) => `${i}\n`).join("");
    expect(fs.readFileSync(`${suite.dir}/all.txt`, "utf8")).toStartWith(expected);
    expect(outputOf(suite, "stdout")).toBe(expected);
  });

  test("goes where it goes as well when nothing may be kept, and its reader's end is the harness's", async () => {
    const suite = harness("yes");
    const { stdout } = await run(["bash", "-c", `${program.join(" ")} record -- ./run-all.sh | head -2`], {
      cwd: suite.dir,
    });
    expect(stdout).toBe("y\ny\n");
    const none = harness("echo out");
    const { stdout: out } = await none.record(["--capture", "never", "--", "./run-all.sh"]);
    expect(out).toBe("out\n");
    expect(none.sql("SELECT * FROM artifacts")).toEqual([]);
  });

  test.if(process.platform === "linux")("is taken in by run end if the recorder was killed", async () => {
    const suite = harness("echo giraffe; touch ready; sleep 30");
    const record = suite.startRecord(["--run-id", "k", "--", "./run-all.sh"]);
    await until("ready", () => fs.existsSync(`${suite.dir}/ready`));
    const [child] = childrenOf(record.pid);
    await until("the log", () => outputOf(suite, "stdout") === "giraffe\n");
    record.signal("SIGKILL");
    await record.ended;
    process.kill(child!, "SIGKILL");
    expect((await verb(suite, "run end", "--run-id", "k", "--exit-code", "9")).code).toBe(0);
    const hash = new Bun.CryptoHasher("sha256").update("giraffe\n").digest("hex");
    expect(suite.sql("SELECT kind, size_bytes, sha256 FROM artifacts WHERE kind = 'stdout'")).toEqual([
      { kind: "stdout", size_bytes: 8, sha256: hash },
    ]);
    expect(await rowsOf(suite, "search", "--query", "giraffe")).toHaveLength(1);
  });

  test("is redacted as a step's is", async () => {
    const token = `ghp_${"A".repeat(36)}`;
    const suite = harness(`echo 1..1; echo "not ok 1 - with ${token}"; echo "# token ${token}"`);
    const { stdout } = await suite.record(["--redact-logs", "--", "./run-all.sh"]);
    expect(stdout).toContain(token);
    expect(outputOf(suite, "stdout") + suite.log(1, "stdout")).not.toContain(token);
    expect(
      JSON.stringify(suite.sql("SELECT * FROM steps")) + JSON.stringify(suite.sql("SELECT * FROM kv")),
    ).not.toContain(token);
    expect(JSON.stringify(suite.sql("SELECT text FROM log_lines_fts"))).not.toContain(token);
  });

  test("stays on a terminal as it is, but for the stream that does not go there, and for --capture always", async () => {
    const suite = harness(
      'for fd in 0 1 2; do [ -t $fd ] && printf "%s " "$fd" >>ttys; done; echo said; echo cried >&2',
    );
    const ttys = () => fs.readFileSync(`${suite.dir}/ttys`, "utf8").trim();
    const kinds = () =>
      suite
        .sql("SELECT kind FROM artifacts WHERE run_id = ? ORDER BY kind", String(suite.run().run_id))
        .map(({ kind }) => kind);
    for (const [words, seen, kept] of [
      ["record -- ./run-all.sh", "0 1 2", []],
      ["record -- ./run-all.sh | cat", "0 2", ["stdout"]],
      ["record -- ./run-all.sh 2>err", "0 1", ["stderr"]],
      ["record --capture always -- ./run-all.sh", "0", ["stdout"]],
    ] as const) {
      fs.rmSync(`${suite.dir}/ttys`, { force: true });
      const session = inTerminal(["bash", "-c", `cd ${suite.dir} && ${program.join(" ")} ${words}`]);
      await session.ended;
      expect(session.output()).toContain("said\n");
      expect([ttys(), kinds()]).toEqual([seen, [...kept]]);
    }
  });
});

test("a harness whose stderr is captured on a terminal has a live line, which never tears its output", async () => {
  const suite = harness("echo one; sleep 0.7; printf half; sleep 0.5; echo ' line' >&2; sleep 0.5");
  let screen = "";
  const child = Bun.spawn([...program, "record", "--capture", "always", "--", "./run-all.sh"], {
    cwd: suite.dir,
    env: { PATH: process.env.PATH!, HOME: suite.dir, TERM: "xterm" },
    terminal: {
      cols: 80,
      rows: 24,
      data: (_, bytes) => {
        screen += Buffer.from(bytes).toString();
      },
    },
  });
  await child.exited;
  expect(screen).toMatch(/\r\.\/run-all\.sh 0\.\ds \| one\x1b\[K/);
  // What the screen shows in the end, of a terminal that knows \r and \x1b[K.
  const left = screen.replaceAll(/(^|\n)\r?[^\n]*?\r\x1b\[K/g, "$1");
  expect(left).toMatch(/^one\r\n[^\n]*half line\r\n/);
});

describe.concurrent("TAP that a harness prints", () => {
  test("becomes steps, with a log for what has details; announced tests that did not come are not run", async () => {
    const suite = harness(
      ...["echo 1..5; echo 'ok 1 - first # time=12.5ms'; echo noise; echo 'not ok 2 - second'"],
      ...["echo \"#   Failed test 'second'\"; echo '#   at t/x.t line 7.'; echo 'ok 3 # skip no net'"],
      ...["echo 'not ok 4 - later # TODO soon'; exit 1"],
    );
    const { code, stderr } = await suite.record(["--", "./run-all.sh"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ {2}FAIL 02 second \(exit 1\) {2}t\/x\.t:7/m);
    expect(stderr).toContain("5 steps: 2 passed, 1 failed, 1 skipped, 1 not run in ");
    expect(await rowsOf(suite, "steps")).toMatchObject([
      { step_num: 1, step_name: "first", status: "passed", duration_ms: 13 },
      { step_num: 2, step_name: "second", status: "failed", duration_ms: null },
      { step_num: 3, step_name: "test 3", status: "skipped", skip_reason: "no net" },
      { step_num: 4, step_name: "later", status: "passed" },
      { step_num: 5, status: "not run" },
    ]);
    const log = "noise\nnot ok 2 - second\n#   Failed test 'second'\n#   at t/x.t line 7.\n";
    expect(suite.log(2, "stdout")).toBe(log);
    expect(await verb(suite, "log", "2")).toMatchObject({ stdout: log, stderr: "", code: 0 });
    expect((await verb(suite, "why")).stdout).toContain("Failed test 'second'");
    expect((await verb(suite, "verify")).code).toBe(0);
  });

  test("is not doubled if the harness calls exec", async () => {
    const shim = `scenariolog() { ${program.map((word) => `'${word}'`).join(" ")} "$@"; }`;
    const suite = harness(shim, "scenariolog exec --name one -- true; echo 1..1; echo 'ok 1 - one'");
    await suite.record(["--", "./run-all.sh"]);
    expect(suite.steps()).toEqual([[1, "one", 0]]);
  });

  test.if(has("bats"))("of bats", async () => {
    const suite = scripts({});
    fs.writeFileSync(
      `${suite.dir}/add.bats`,
      '@test "adds" {\n  true\n}\n@test "fails" {\n  echo said\n  false\n}\n@test "net" {\n  skip "no net"\n}\n',
    );
    const { code, stderr } = await suite.record(["--", "bats", "--tap", "add.bats"]);
    expect(code).toBe(1);
    expect(suite.steps()).toEqual([
      [1, "adds", 0],
      [2, "fails", 1],
      [3, "net", 0],
    ]);
    expect(stderr).toMatch(/FAIL 02 fails \(exit 1\) {2}add\.bats:6/);
    expect(await rowsOf(suite, "steps")).toMatchObject([{}, {}, { status: "skipped", skip_reason: "no net" }]);
  });

  test.if(has("prove"))("of prove -v, file by file", async () => {
    const suite = scripts({});
    fs.mkdirSync(`${suite.dir}/t`);
    const perl = (body: string) => `use Test::More tests => 2;\nok(1, "one");\n${body}\n`;
    fs.writeFileSync(`${suite.dir}/t/a.t`, perl('is(45, 42, "total");'));
    fs.writeFileSync(`${suite.dir}/t/b.t`, perl('ok(1, "two");'));
    await suite.record(["--", "prove", "-v", "t/"]);
    expect(suite.steps()).toEqual([
      [1, "a.t: one", 0],
      [2, "a.t: total", 1],
      [3, "b.t: one", 0],
      [4, "b.t: two", 0],
    ]);
  });

  test.if(has("node"))("of node --test", async () => {
    const suite = scripts({});
    fs.writeFileSync(
      `${suite.dir}/x.test.cjs`,
      "const test = require('node:test'); test('good', () => {}); test('bad', () => { throw new Error('giraffe'); });\n",
    );
    const words = ["--", "node", "--test", "--test-reporter", "tap", "x.test.cjs"];
    await suite.record(words);
    expect(suite.steps()).toEqual([
      [1, "good", 0],
      [2, "bad", 1],
    ]);
    expect(suite.log(2, "stdout")).toContain("giraffe");
    const [good] = await rowsOf(suite, "steps");
    expect(good!.duration_ms).not.toBeNull();
  });
});
