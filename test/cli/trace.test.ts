import { describe, expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { failingScripts } from "../fixtures/failing.ts";
import { startSuite } from "../support/suite.ts";

describe("failures names the line of a bash script that fails in", () => {
  test.each(failingScripts.map((fixture) => [fixture.title, fixture] as const))("%s", async (_, fixture) => {
    const suite = await startSuite();
    fs.writeFileSync(path.join(suite.dir, "step.sh"), `#!/bin/bash\n${fixture.script}\n`, { mode: 0o755 });
    if (fixture.lib) fs.writeFileSync(path.join(suite.dir, "lib.sh"), `${fixture.lib}\n`);
    const { code } = await suite.exec(["--trace", "auto"], ["./step.sh"], { cwd: suite.dir });
    const [row] = await suite.rows("failures");
    const tag = suite.sql("SELECT v FROM kv WHERE k = 'trace.off'");
    expect({ code, off: tag, file: row?.failed_file, line: row?.failed_line }).toEqual({
      code: fixture.code,
      off: [],
      ...markOf(fixture),
    });
  });
});

function markOf({ script, lib }: { script: string; lib?: string }): { file: string; line: number } {
  for (const [file, text, before] of [
    ["step.sh", script, 1],
    ["lib.sh", lib ?? "", 0],
  ] as const) {
    const lines = text.split("\n");
    const at = lines.findIndex((line) => /#!(?:first)?$/.test(line));
    // Of a command of several lines bash knows the first one.
    if (at >= 0) return { file, line: at + 1 + before - (lines[at]!.endsWith("first") ? 2 : 0) };
  }
  throw new Error(`no mark in ${script}`);
}
