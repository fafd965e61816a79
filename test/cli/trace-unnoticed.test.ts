import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { failingScripts } from "../fixtures/failing.ts";
import { watchfulScripts } from "../fixtures/watchful.ts";
import { run, tempDir } from "../support/program.ts";
import { startSuite } from "../support/suite.ts";

interface Script {
  readonly script: string;
  readonly lib?: string;
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The same bytes and the same end, traced and without us. Returns why it was not traced; null when it was. */
async function expectUnnoticed({ script, lib, argv = ["./step.sh"], env = {} }: Script): Promise<string | null> {
  const suite = await startSuite(tempDir());
  fs.writeFileSync(path.join(suite.dir, "step.sh"), `#!/usr/bin/env bash\n${script}\n`, { mode: 0o755 });
  if (lib) fs.writeFileSync(path.join(suite.dir, "lib.sh"), `${lib}\n`);
  const plain = await run(argv, { cwd: suite.dir, env });
  const traced = await suite.exec(["--trace", "always"], argv, { cwd: suite.dir, env });
  const [row] = suite.sql("SELECT s.exit_code, k.v AS signal FROM steps s LEFT JOIN kv k ON k.k = 'exit.signal'");
  expect({
    stdout: withoutPids(suite.log(0, "stdout").toString("latin1")),
    stderr: withoutPids(suite.log(0, "stderr").toString("latin1")),
    code: row?.signal ? null : traced.code,
    signal: row?.signal ?? null,
  }).toEqual({
    stdout: withoutPids(Buffer.from(plain.stdout).toString("latin1")),
    stderr: withoutPids(Buffer.from(plain.stderr).toString("latin1")),
    code: plain.code,
    signal: plain.signal,
  });
  expect(suite.sql("SELECT k FROM kv WHERE k LIKE 'leaked%'")).toEqual([]);
  const [off] = suite.sql("SELECT v FROM kv WHERE k = 'trace.off'");
  expect(suite.sql("SELECT kind FROM artifacts WHERE kind = 'trace'")).toHaveLength(off ? 0 : 1);
  return off ? String(off.v) : null;
}

function withoutPids(text: string): string {
  return text.replace(/(?<=line \d+: )\d{2,}(?= )/g, "PID").replace(/^(BASHPID|PPID|SRANDOM)=.*$/gm, "");
}

describe("traced and untraced, a script behaves the same that", () => {
  test.each(watchfulScripts.map((script) => [script.title, script] as const))("%s", async (_, script) => {
    const off = await expectUnnoticed(script);
    expect({ off, traced: off === null }).toEqual({ off, traced: script.traced });
  });

  test.each(failingScripts.map((script) => [script.title, script] as const))("fails in %s", async (_, script) => {
    expect(await expectUnnoticed(script)).toBeNull();
  });
});
