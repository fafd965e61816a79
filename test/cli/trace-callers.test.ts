import { expect, test } from "bun:test";
import fs from "node:fs";
import path from "node:path";
import { startSuite } from "../support/suite.ts";

interface Sample {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  /** `at FILE:LINE COMMAND`, outermost first, then `guard FILE:LINE TEXT`. */
  readonly shown: readonly string[];
}

/** The corpus: a title after `###`, its files after `--- NAME`, what the trace says after `===`. */
const samples = fs
  .readFileSync(path.join(import.meta.dir, "../fixtures/trace-callers.txt"), "utf8")
  .split(/^### /m)
  .slice(1)
  .map((section): Sample => {
    const [head, shown] = section.split(/^===.*\n/m) as [string, string];
    const [title, ...files] = head.split(/^--- /m) as [string, ...string[]];
    const named = files.map((file) => [file.slice(0, file.indexOf("\n")), file.slice(file.indexOf("\n") + 1)]);
    return { title: title.trim(), files: Object.fromEntries(named), shown: shown.trimEnd().split("\n") };
  });

test.concurrent.each(samples.map((sample) => [sample.title, sample] as const))("%s", async (_, { files, shown }) => {
  const suite = await startSuite();
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(suite.dir, name), text, { mode: 0o755 });
  const { code } = await suite.exec(["--trace", "auto"], ["./step.sh"], { cwd: suite.dir });
  expect(code).not.toBe(0);
  const tags = Object.fromEntries(suite.sql("SELECT k, v FROM kv").map(({ k, v }) => [String(k), String(v)]));
  expect(tags["trace.off"]).toBeUndefined();
  expect(said(tags)).toEqual([...shown]);
});

function said(tags: Record<string, string>): string[] {
  const callers = JSON.parse(tags["failed.callers"] ?? "[]") as [string, number, string | null, string][];
  const lines = callers.toReversed().map(([file, line, , text]) => `at ${file}:${line} ${text}`);
  lines.push(`at ${tags["failed.file"]}:${tags["failed.line"]} ${tags["failed.command"]}`);
  if (tags["failed.guard"] !== undefined) {
    // Without a file of its own: a guard stands in the file of what it guards.
    lines.push(`guard ${tags["failed.file"]}:${tags["failed.guard_line"]} ${tags["failed.guard"]}`);
  }
  return lines;
}
