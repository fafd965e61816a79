import { beforeAll, describe, expect, test } from "bun:test";
import { scenariolog, tempDir } from "../support/program.ts";
import { type Suite, startSuite } from "../support/suite.ts";

let suite: Suite;
beforeAll(async () => {
  suite = await startSuite();
  await suite.exec(["--step-num", "1"], ["bash", "-c", "echo needle; exit 3"]);
});

describe("stdout holds the answer and nothing else, stderr is empty, and the code is 0, for", () => {
  test.each([
    ["init", []],
    ["run end", ["--run-id", "latest"]],
  ] as [string, string[]][])("%s, which has no answer", async (verb, flags) => {
    expect(await suite.verb(verb, flags)).toEqual({ stdout: "", stderr: "", code: 0, signal: null });
  });

  test.each([
    ["summary", ["--select", "total_steps"], "1\n"],
    ["failures", ["--select", "exit_code"], "3\n"],
    ["timings", ["--select", "step_num"], "1\n"],
    ["search", ["--query", "needle", "--select", "text"], "needle\n"],
    ["search", ["--query", "absent", "--output", "json"], "[]\n"],
    ["capabilities", ["--select", "db_runs"], "1\n"],
    ["index fts", ["--run-id", "latest"], "0 lines added from 0 artifacts\n"],
  ] as [string, string[], string][])("%s %j", async (verb, flags, stdout) => {
    expect(await suite.verb(verb, flags)).toEqual({ stdout, stderr: "", code: 0, signal: null });
  });

  const pages = ["--help", "-h", "summary --help", "run --help", "run start -h", "help exec", "--version", ""];
  test.each(pages)("a page of help or the version: %j", async (line) => {
    const { stdout, stderr, code } = await scenariolog(line.split(" ").filter(Boolean));
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toMatch(/^.*\S.*\n$/s);
  });
});

describe("an error is one line and a hint on stderr, stdout is empty, and the code is 1, for", () => {
  test.each([
    ["a run that is not there", "summary", ["--run-id", "nobody"]],
    ["a run to end that is not there", "run end", ["--run-id", "nobody"]],
    ["a run that is there already", "run start", ["--root-dir", "/", "--run-id", "twice"]],
  ])("%s", async (_name, verb, flags) => {
    if (verb === "run start") await suite.verb(verb, flags);
    const { stdout, stderr, code } = await suite.verb(verb, flags);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(/^Error: [^\n]+\n {2}[^\n]+\n$/);
  });

  test("names with line ends and escapes, which stay on one line and are harmless", async () => {
    const { stdout, stderr, code } = await scenariolog(["summary", "--db", "no\nsuch\x1b[31m.db"], { cwd: tempDir() });
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr.split("\n")).toHaveLength(3);
    expect(stderr).not.toContain("\x1b");
  });
});

test("a shell can take a run id from stdout: it is empty if the call fails", async () => {
  for (const flags of [
    ["--root-dir"],
    ["--nonsense"],
    ["--root-dir", "/", "--kv", ":x"],
    ["--root-dir", "/", "--run-id", suite.runId],
  ]) {
    const { stdout, code } = await suite.verb("run start", flags);
    expect({ stdout, failed: code !== 0 }).toEqual({ stdout: "", failed: true });
  }
});
