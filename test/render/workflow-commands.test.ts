import { describe, expect, test } from "bun:test";
import { CommandBreaker, escapedCommands, withoutCommands } from "../../src/render/workflow-commands.ts";

const broken: readonly [text: string, shown: string][] = [
  ["::set-output name=x::y", ": :set-output name=x::y"],
  ["  \t::error::x", "  \t: :error::x"],
  ["\u00a0\u3000\ufeff\u0085::error::x", "\u00a0\u3000\ufeff\u0085: :error::x"],
  ["\x1b[31m::error::x", "\x1b[31m: :error::x"],
  ["a\r::error::x", "a\r: :error::x"],
  ["a\n\r\n::stop-commands::t\n::t::\n", "a\n\r\n: :stop-commands::t\n: :t::\n"],
  ["std::string a::b", "std::string a::b"],
  ["x ##[error]y", "x ## [error]y"],
  ["###[group]", "### [group]"],
  [
    "a ##vso[task.setvariable variable=x]y ##VSO[task.complete]",
    "a ## vso[task.setvariable variable=x]y ## VSO[task.complete]",
  ],
  ["##teamcity[testFailed name='x']", "## teamcity[testFailed name='x']"],
  [
    "\x1b[0Ksection_start:1560896352:a[collapsed=true]\r\x1b[0Kx",
    "\x1b[0Ksection_start :1560896352:a[collapsed=true]\r\x1b[0Kx",
  ],
  ["section_end:1:a", "section_end :1:a"],
  ["::add-mask::s3cret\nnext", ": :add-mask::***\nnext"],
  ["##[add-mask]s3cret\r\nnext", "## [add-mask]***\r\nnext"],
  ["##vso[task.setsecret]s3cret", "## vso[task.setsecret]***"],
  [
    "##vso[task.setvariable variable=x;isSecret=true]s3cret\n",
    "## vso[task.setvariable variable=x;isSecret=true]***\n",
  ],
  ["## a heading, C# [x], --- and +++", "## a heading, C# [x], --- and +++"],
  ["--- a/file\n+++ b/file\n", "--- a/file\n+++ b/file\n"],
];

describe("a command of a CI system", () => {
  test.each(broken)("%j becomes %j, and stays so", (text, shown) => {
    expect(withoutCommands(text, "github-actions")).toBe(shown);
    expect(withoutCommands(shown, "github-actions")).toBe(shown);
  });

  test("is the same wherever the text is cut into pieces", () => {
    for (const [text, shown] of [
      ...broken,
      [broken.map(([text]) => text).join("\n"), broken.map(([, shown]) => shown).join("\n")],
    ] as const) {
      // A prefix of any length may not be told from a name, so that of a secret variable has to come in one piece.
      if (/issecret/i.test(text)) continue;
      for (let size = 1; size <= 25; size++) {
        const breaker = new CommandBreaker("unknown");
        let out = "";
        for (let at = 0; at < text.length; at += size) out += breaker.push(text.slice(at, at + size));
        expect({ size, text, out: out + breaker.end() }).toEqual({ size, text, out: shown });
      }
    }
  });

  test("is one at the beginning, too, of what comes after something else was printed", () => {
    const breaker = new CommandBreaker("unknown");
    expect(breaker.push("half ") + breaker.push("::") + breaker.end()).toBe("half ::");
    expect(breaker.push("::error::") + breaker.end()).toBe(": :error::");
  });

  test("of Buildkite is one for Buildkite only", () => {
    const text = "--- a\n+++ b\n~~~ c\n^^^ +++\n---\n  --- d\nx --- e\n";
    expect(withoutCommands(text, "buildkite")).toBe("- -- a\n+ ++ b\n~ ~~ c\n^ ^^ +++\n---\n  - -- d\nx --- e\n");
    expect(withoutCommands(text, "gitlab-ci")).toBe(text);
  });

  test("is an escape in JSON, which keeps the value", () => {
    const value = { text: "::error::x ##[error]y ##vso[a] section_start:1:x" };
    const escaped = escapedCommands(JSON.stringify(value));
    expect(JSON.parse(escaped)).toEqual(value);
    expect(escaped).not.toMatch(/##|section_start:/);
  });

  test("costs no more than a moment, whatever stands before it", () => {
    for (const piece of [
      " ",
      "\0",
      "\x1b[0m",
      "\x1b",
      "é",
      "::",
      "##[add-mask]",
      "##vso[task.setvariable ",
      "\n",
      "x",
    ]) {
      const text = `\n${piece.repeat(200_000)}`;
      const started = performance.now();
      const out = withoutCommands(`${text}::error::`, "unknown");
      expect({ piece, isQuick: performance.now() - started < 5000 }).toEqual({ piece, isQuick: true });
      expect(out).not.toMatch(/^[^\x21-\x7e]{0,9}::|##\[/m);
    }
  });
});
