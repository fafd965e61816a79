import { expect, test } from "bun:test";
import { SettledLines } from "../../src/cli/live/redrawn-lines.ts";
import { scenariolog } from "../support/program.ts";
import { scripts } from "../support/recorded.ts";

function shown(...chunks: string[]): string[] {
  const lines = new SettledLines();
  const out = chunks.map((chunk) => Buffer.from(lines.push(Buffer.from(chunk))).toString());
  return [...out, Buffer.from(lines.end()).toString()];
}

test("what is not redrawn passes at once, byte for byte, also half a line and CRLF", () => {
  const chunks = ["a\nhalf", " line\r\n", "\x1b[31mred\x1b[0m \x1b[2J\n", "end"];
  expect(shown(...chunks)).toEqual([...chunks, ""]);
});

test("a line that is redrawn comes once, as it stays", () => {
  expect(shown("1%\r", "50%\r100%", " done\nnext\n")).toEqual(["1%", "", "\n100% done\nnext\n", ""]);
  expect(shown("load 1%\rload 1% ok\n")).toEqual(["load 1% ok\n", ""]);
  expect(shown("\r10%", "\r20%")).toEqual(["", "", "20%"]);
});

test("6,000 updates of a progress bar and an error after them are one line of a failed step's dump, and of a CI's console", async () => {
  const suite = scripts({
    "01-a.sh":
      'for i in {1..6000}; do printf "\\r%s of 6000 ........................" "$i"; done >&2; printf "\\rerror: no walrus here, and nowhere else at all\\n" >&2; exit 1',
  });
  const failed = await suite.record();
  expect(failed.stderr).toContain("\nerror: no walrus here, and nowhere else at all\n");
  expect(failed.stderr.length).toBeLessThan(1000);
  const ci = await suite.record(["--show", "all", "steps"], { env: { CI: "true", GITHUB_ACTIONS: "true" } });
  expect(ci.stderr).toContain("error: no walrus here, and nowhere else at all\n");
  expect(ci.stderr.length).toBeLessThan(1000);
  const log = await scenariolog(["log", "--db", ".scenario-run.db", "1"], { cwd: suite.dir });
  expect(log.stdout.length).toBeGreaterThan(180_000);
});
