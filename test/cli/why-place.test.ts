import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { run, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

/** Records a script as step 1, from its own directory. */
async function recorded(
  files: Readonly<Record<string, string>>,
  argv: readonly string[],
  ...flags: string[]
): Promise<Suite> {
  const suite = await startSuite();
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(suite.dir, name)), { recursive: true });
    fs.writeFileSync(path.join(suite.dir, name), text, { mode: 0o755 });
  }
  await suite.exec(["--step-num", "1", ...flags], argv, { cwd: suite.dir });
  return suite;
}

// biome-ignore lint/suspicious/noExplicitAny: the document's own shape is what is tested
const asJson = async (suite: Suite, ...words: string[]): Promise<any> =>
  JSON.parse((await suite.verb("why", [...words, "--output", "json"])).stdout);

const said = async (suite: Suite, ...words: string[]) => (await suite.verb("why", words)).stdout;

describe("of a step whose helper failed,", () => {
  const files = {
    "lib.sh": `assert_eq() {
  if [ "$1" != "$2" ]; then
    echo "expected $2, got $1" >&2
    return 1
  fi
}
`,
    "04-totals.sh": "#!/bin/bash\nset -e\n. ./lib.sh\ntotals() {\n  assert_eq 45 42\n}\ntotals\n",
  };
  const record = () => recorded(files, ["bash", "04-totals.sh"], "--trace", "auto");

  test("why names the line of the step's own script first, and the way down to what failed", async () => {
    const suite = await record();
    expect(await said(suite)).toContain(`Where it failed
  04-totals.sh:7
    6  }
  > 7  totals
  which came to 04-totals.sh:5, in totals(): assert_eq 45 42
  which came to lib.sh:4, in assert_eq()
    2    if [ "$1" != "$2" ]; then
    3      echo "expected $2, got $1" >&2
  > 4      return 1
    5    fi
`);
    expect((await asJson(suite)).failed_at).toMatchObject({
      ...{ file: "lib.sh", line: 4, function: "assert_eq", command: "return 1", from: "trace" },
      guard: { line: 2, text: 'if [ "$1" != "$2" ]; then' },
      callers: [
        { file: "04-totals.sh", line: 5, function: "totals", command: "assert_eq 45 42", source: [] },
        { file: "04-totals.sh", line: 7, function: null, command: "totals" },
      ],
    });
    expect(await said(suite, "--output", "markdown")).toContain("**Where it failed:** `04-totals.sh:7`\n");
  });

  test("failures and steps have the place and the line that led to it", async () => {
    const suite = await record();
    const place = {
      ...{ failed_file: "lib.sh", failed_line: 4, failed_command: "return 1" },
      ...{ failed_caller_file: "04-totals.sh", failed_caller_line: 7, failed_caller_command: "totals" },
    };
    const [failure] = await suite.rows("failures");
    expect(failure).toMatchObject(place);
    const [step] = await suite.rows("steps");
    expect(step).toMatchObject({ ...failure, ...place });
  });

  test("a list of callers that is none leaves the outermost", async () => {
    const suite = await record();
    const db = new Database(suite.db);
    db.run(`UPDATE kv SET v = '{"not": "a list"' WHERE k = 'failed.callers'`);
    db.close();
    expect((await asJson(suite)).failed_at.callers).toMatchObject([
      { file: "04-totals.sh", line: 7, command: "totals" },
    ]);
  });
});

test("why shows the condition of an exit, and the lines between", async () => {
  const script = `#!/bin/bash
echo start
if ! echo hi | grep -q zz; then
  echo "no zz" >&2
  echo "giving up" >&2
  exit 1
fi
`;
  const suite = await recorded({ "a.sh": script }, ["./a.sh"], "--trace", "auto");
  expect(await said(suite)).toContain(`  a.sh:6
    3  if ! echo hi | grep -q zz; then
    4    echo "no zz" >&2
    5    echo "giving up" >&2
  > 6    exit 1
    7  fi
`);
});

describe("without a trace why takes the place from what was printed:", () => {
  test("a Python traceback's innermost line in the user's own files, with those that called it", async () => {
    const python = `import json
def load():
    return json.loads("{")
def main():
    load()
main()
`;
    const suite = await recorded({ "t/t.py": python }, ["python3", "t/t.py"]);
    expect((await asJson(suite)).failed_at).toMatchObject({
      ...{ file: "t/t.py", line: 3, function: "load", from: "output" },
      callers: [
        { file: "t/t.py", line: 5, function: "main" },
        { file: "t/t.py", line: 6, function: null },
      ],
    });
    expect((await asJson(suite)).first_error.text).toStartWith("json.decoder.JSONDecodeError: Expecting property name");
  });

  test("a name that is relative to the directory in which the script lies", async () => {
    const suite = await recorded({ "deep/er/x.sh": "cd deep/er\nsh ./y.sh\n", "deep/er/y.sh": "echo\nnosuchcmd\n" }, [
      "sh",
      "deep/er/x.sh",
    ]);
    expect((await asJson(suite)).failed_at).toMatchObject({ file: "deep/er/y.sh", line: 2 });
  });

  test("colours and redrawn lines do not hide it", async () => {
    const script = String.raw`printf 'working 10%%\rworking 99%%\r\033[K\033[1ma.sh:2:1: \033[31merror:\033[0m no such thing\n' >&2; exit 1`;
    const suite = await recorded({ "a.sh": `# one\n# two\n${script}\n` }, ["sh", "a.sh"]);
    expect(await asJson(suite)).toMatchObject({
      failed_at: { file: "a.sh", line: 2 },
      first_error: { text: "a.sh:2:1: error: no such thing" },
    });
  });

  test("a name that is relative to the directory that make went to, though that stands in the other log", async () => {
    const script = `echo "make[1]: Entering directory '$PWD/sub'"; echo 'c.c:2:1: error: no' >&2; exit 2\n`;
    const suite = await recorded({ "a.sh": script, "c.c": "// a\n// b\n", "sub/c.c": "// c\n// d\n" }, ["sh", "a.sh"]);
    expect((await asJson(suite)).failed_at).toMatchObject({ file: "sub/c.c", line: 2, source: [{}, { text: "// d" }] });
  });

  test("nothing is made of a time, a URL, or a file that is not there", async () => {
    for (const line of ["10:20:30: 12: started", "http://localhost:80: error: refused", "gone.c:3:1: error: x"]) {
      const suite = await recorded({ "a.sh": `echo '${line}' >&2; exit 1\n` }, ["sh", "a.sh"]);
      expect({ line, place: (await asJson(suite)).failed_at }).toEqual({ line, place: null });
    }
  });
});

describe("why and the steps of a run:", () => {
  const several = async () => {
    const suite = await recorded({ "a.sh": "echo one >&2\nnosuchcmd\n" }, ["sh", "a.sh"], "--name", "alpha");
    fs.writeFileSync(path.join(suite.dir, "b.sh"), "echo fine\nexit 0\n");
    await suite.exec(["--step-num", "2", "--name", "beta"], ["sh", "b.sh"], { cwd: suite.dir });
    fs.writeFileSync(path.join(suite.dir, "c.py"), "raise ValueError('third')\n");
    await suite.exec(["--step-num", "3", "--name", "gamma"], ["python3", "c.py"], { cwd: suite.dir });
    return suite;
  };

  test("every further step that failed is explained, too", async () => {
    const suite = await several();
    expect(await said(suite)).toContain(`Also failed
  03 gamma: exit 1
    c.py:1: raise ValueError('third')
    stderr:4: ValueError: third
`);
    expect((await asJson(suite)).also_failed).toMatchObject([
      { step_num: 3, failed_at: { file: "c.py", line: 1 }, first_error: { text: "ValueError: third" } },
    ]);
  });

  test("--all explains all of them in full", async () => {
    const suite = await several();
    const text = await said(suite, "--all");
    expect(text).toContain("Step 01 alpha: exit 127");
    expect(text).toContain("Step 03 gamma: exit 1");
    expect(text.match(/^To run it again$/gm)).toHaveLength(2);
    expect((await asJson(suite, "--all")).also_failed[0].full.reproduce).toEndWith("python3 c.py");
    expect(await said(suite, "--all", "--output", "markdown")).toContain("### Step `03 gamma`: exit 1");
  });

  test.each([[["3"]], [["gamma"]], [["gam"]], [["--step", "3"]], [["latest", "gamma"]], [["--run-id", "latest", "3"]]])(
    "why %j explains that step",
    async (words) => {
      const suite = await several();
      const found = await asJson(suite, ...words);
      expect(found).toMatchObject({ step: { step_num: 3 }, failed_at: { file: "c.py" } });
      expect(found.also_failed).toMatchObject([{ step_num: 1 }]);
    },
  );

  test("a step that passed has no place and no error, and a word that names nothing is an error that lists the steps", async () => {
    const suite = await several();
    expect(await asJson(suite, "beta")).toMatchObject({
      step: { status: "passed" },
      failed_at: null,
      first_error: null,
    });
    expect(await suite.verb("why", ["delta"])).toMatchObject({
      code: 1,
      stderr: `Error: "delta" is neither a run nor a step of the latest run\n  it has: 1 alpha, 2 beta, 3 gamma\n`,
    });
    expect((await suite.verb("why", ["--step", "9"])).code).toBe(1);
  });
});

test("why says at which commit the step failed, and at which it last passed", async () => {
  const dir = tempDir();
  const git = (...words: string[]) =>
    run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", dir, ...words], {
      env: { GIT_CONFIG_GLOBAL: "/dev/null" },
    });
  fs.writeFileSync(path.join(dir, "x.sh"), "true\n");
  fs.writeFileSync(path.join(dir, ".gitignore"), "runs.db*\nlogs\n");
  await git("init", "-q");
  await git("add", ".");
  await git("commit", "-qm", "one");
  const first = (await git("rev-parse", "HEAD")).stdout.trim();
  const suite = await startSuite(dir);
  await suite.exec(["--step-num", "1"], ["sh", "x.sh"], { cwd: dir });
  fs.writeFileSync(path.join(dir, "x.sh"), "false\n");
  await git("commit", "-qam", "two");
  const second = (await git("rev-parse", "HEAD")).stdout.trim();
  const again = (await suite.verb("run start", ["--root-dir", dir, "--suite", "test"])).stdout.trim();
  await suite.exec(["--run-id", again, "--log-dir", "logs2", "--step-num", "1"], ["sh", "x.sh"], { cwd: dir });
  const text = await said(suite);
  expect(text).toContain(`commit ${second.slice(0, 10)}; the step last passed at ${first.slice(0, 10)}\n`);
  expect(await asJson(suite)).toMatchObject({ run: { commit: second, dirty: false }, since: { commit: first } });
});

test("why tells once how to get the line of a bash script that nobody traced", async () => {
  const script = "#!/bin/bash\ncheck() { return 3; }\ncheck\n";
  const advice = "SCENARIOLOG_TRACE=auto";
  const untraced = await recorded({ "a.sh": script }, ["./a.sh"]);
  expect((await said(untraced)).split(advice)).toHaveLength(2);
  expect(await said(await recorded({ "a.sh": script }, ["./a.sh"], "--trace", "auto"))).not.toContain(advice);
  expect(await said(await recorded({ "a.sh": "#!/bin/sh\nexit 3\n" }, ["./a.sh"]))).not.toContain(advice);
});

test("of a long line of JSON why shows the part that says what went wrong", async () => {
  const filler = (name: string) => `"${name}":[${Array.from({ length: 9000 }, (_, i) => `"item ${i}"`).join(",")}]`;
  const json = `{${filler("before")},"status":500,"error":{"message":"quota of tenant 7 is used up"},${filler("after")}}`;
  const suite = await recorded({ "x.json": json, "a.sh": "cat x.json; exit 1\n" }, ["sh", "a.sh"]);
  const found = await asJson(suite);
  expect(found.first_error.text).toContain("quota of tenant 7 is used up");
  expect(found.stdout.lines).toHaveLength(1);
  expect(found.stdout.lines[0]).toContain('"error":{"message":"quota of tenant 7');
  expect(found.stdout.lines[0].length).toBeLessThan(310);
});
