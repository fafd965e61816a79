import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { scenariolog, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

const MASKED = "zanzibar/orchid + 9";

/** Where masks may lie between two processes. */
function runtimeDir(): { env: Record<string, string>; files: () => string[] } {
  const dir = tempDir();
  const own = path.join(dir, `scenariolog-${process.getuid?.()}`);
  return { env: { XDG_RUNTIME_DIR: dir }, files: () => (fs.existsSync(own) ? fs.readdirSync(own) : []) };
}

test.each([
  ["GitHub", `::add-mask::${MASKED}`],
  ["Azure", `##vso[task.setsecret]${MASKED}`],
  ["a secret variable of Azure", `##vso[task.setvariable variable=x;issecret=true]${MASKED}`],
])(
  "what a step masks for %s is taken out of it and of the later steps of its run, by other processes too",
  async (_, command) => {
    const suite = await startSuite();
    const { env, files } = runtimeDir();
    const json = JSON.stringify({ a: MASKED });
    await suite.exec(
      ["--redact-logs"],
      ["sh", "-c", `echo '${command}'; echo "one ${MASKED}" >&2; echo "two ${MASKED}"`],
      { env },
    );
    expect(suite.log(0, "stdout").toString()).not.toContain(MASKED);
    expect(suite.log(0, "stdout").toString()).toEndWith("two [redacted]\n");
    const words = ["sh", "-c", `echo 'three ${json}'; echo 'https://x/?q=${encodeURIComponent(MASKED)}'`];
    await suite.exec(["--redact-logs", "--step-num", "1", "--kv", `k:of ${MASKED}`], words, { env });
    expect(suite.log(1, "stdout").toString()).toBe('three {"a":"[redacted]"}\nhttps://x/?q=[redacted]\n');
    await suite.verb("note", ["--run-id", suite.runId, `it was ${MASKED}`], { env });
    await suite.verb("tag set", ["--run-id", suite.runId, "t", MASKED], { env });
    expect(fs.readFileSync(suite.db).includes(MASKED)).toBe(false);
    expect(files()).toHaveLength(1);
    await suite.verb("run end", ["--run-id", suite.runId], { env });
    expect(files()).toEqual([]);
  },
);

test("the values lie where nobody else can read them, and not beside the database", async () => {
  const suite = await startSuite();
  const { env } = runtimeDir();
  await suite.exec([], ["echo", `::add-mask::${MASKED}`], { env });
  const dir = path.join(env.XDG_RUNTIME_DIR!, `scenariolog-${process.getuid?.()}`);
  expect(fs.statSync(dir).mode & 0o777).toBe(0o700);
  const [name] = fs.readdirSync(dir);
  expect(fs.statSync(path.join(dir, name!)).mode & 0o777).toBe(0o600);
  // A directory that others may write to is not trusted: nothing is read from it.
  fs.chmodSync(dir, 0o777);
  await suite.exec(["--step-num", "1", "--redact-logs"], ["echo", MASKED], { env });
  expect(suite.log(1, "stdout").toString()).toBe(`${MASKED}\n`);
});

test("within one record a mask holds for all later steps, and for why", async () => {
  const dir = tempDir();
  const { env, files } = runtimeDir();
  const script = (name: string, text: string) =>
    fs.writeFileSync(path.join(dir, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  script("01-a.sh", `echo "::add-mask::${MASKED}"`);
  script("02-b.sh", `echo "error: cannot use ${MASKED}" >&2; false`);
  const { stderr } = await scenariolog(["record", "--db", "x.db", "."], { cwd: dir, env });
  expect(stderr).toContain("cannot use [redacted]");
  expect(stderr).not.toContain(MASKED);
  expect(fs.readFileSync(path.join(dir, "x.db")).includes(MASKED)).toBe(false);
  // The run has ended, and what it kept is gone: but the log of the first step tells.
  expect(files()).toEqual([]);
  const { stdout } = await scenariolog(["why", "--db", "x.db", "--output", "json"], { cwd: dir, env });
  expect(stdout).toContain("cannot use [redacted]");
  expect(stdout).not.toContain(MASKED);
});

test("with --redact none a mask is a line like any other", async () => {
  const suite = await startSuite();
  const { env, files } = runtimeDir();
  await suite.exec(["--redact", "none"], ["echo", `::add-mask::${MASKED}`], { env });
  expect(suite.sql("SELECT text FROM log_lines_fts")).toEqual([{ text: `::add-mask::${MASKED}` }]);
  expect(files()).toEqual([]);
});
