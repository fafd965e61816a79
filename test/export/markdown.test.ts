import { describe, expect, test } from "bun:test";
import { githubAnnotations } from "../../src/export/github-annotations.ts";
import { markdownPage } from "../../src/export/markdown.ts";
import { documentOf, failedStep, logOf, stepOf } from "./documents.ts";

const page = (document: Parameters<typeof markdownPage>[0], maxBytes = 900_000) => markdownPage(document, { maxBytes });
const options = { fileOf: (path: string) => (path.startsWith("/") || path === "" ? null : path) };

describe("a run as a page", () => {
  test("begins with the result, and has the failures with place and cause", () => {
    const text = page(
      documentOf([
        stepOf(1, "import"),
        failedStep(2, "totals"),
        stepOf(3, "x", { status: "skipped", reason: "no docker" }),
      ]),
    );
    expect(text).toStartWith(
      "## ❌ run run-1 of orders: 1 of 3 steps failed\n\n3 steps · 1 passed · 1 failed · 1 skipped · 9.00s",
    );
    expect(text).toContain("| `02 totals` | exit 3 | `checks/totals.sh:6` |");
    expect(text).toContain("<details><summary>02 totals: exit 3</summary>");
    expect(text).toContain("- `03 x`: no docker");
  });

  test("shows text as text, and no fence can be left from inside", () => {
    const evil = "```\n![x](http://evil)</details><script>@all #1 ````";
    const text = page(
      documentOf([failedStep(1, "<img src=x>|`", { stderr: logOf("x", ...evil.split("\n")) })], {
        summary: "@all [a](b) <b>",
      }),
    );
    expect(text).toContain("`````text\n```");
    expect(text).toContain("<summary>01 &lt;img src=x&gt;|`: exit 3</summary>");
    expect(text).toContain(
      "| `` 01 <img src=x>\\|` `` | exit 3 | ``checks/<img src=x>\\|`.sh:6`` | expected 42, got 45 (checks/&lt;img src=x>\\|\\`.sh:6 ",
    );
    expect(text.split("\n")[0]).toBe("## ❌ `@all` \\[a\\](b) &lt;b>");
  });

  test("keeps within its budget with 50 failures and long logs", () => {
    const long = logOf("log", ...Array.from({ length: 5000 }, (_, i) => `line ${i} ${"é".repeat(50)}`));
    const steps = Array.from({ length: 50 }, (_, i) => failedStep(i + 1, `s${i}`, { stderr: long, stdout: long }));
    for (const maxBytes of [900_000, 60_000]) {
      const text = page(documentOf(steps), maxBytes);
      expect(Buffer.byteLength(text)).toBeLessThan(maxBytes);
      expect(text).toContain("`50 s49`");
    }
    expect(page(documentOf(steps), 20_000)).toContain("more failed steps are left out here");
  });
});

describe("annotations for GitHub", () => {
  test("stand at the person's line, and the tenth says how many more there are", () => {
    expect(githubAnnotations(documentOf([failedStep(2, "totals")]), options).split("\n")[0]).toBe(
      "::error file=checks/totals.sh,line=6,title=02 totals::expected 42, got 45 (checks/totals.sh:6  assert_eq 45 42)",
    );
    const many = githubAnnotations(
      documentOf(Array.from({ length: 30 }, (_, i) => failedStep(i + 1, `s${i}`))),
      options,
    );
    const errors = many.split("\n").filter((line) => line.startsWith("::error"));
    expect(errors).toHaveLength(10);
    expect(errors[9]).toEndWith("::21 more steps failed; see the summary");
  });

  test("cannot be left from inside", () => {
    const step = failedStep(1, "a,b:c%\n::set-output name=x::y", {
      first_error: { stream: "stderr", line: 1, text: "x\r\n::error::y" },
    });
    const lines = githubAnnotations(documentOf([step]), options)
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("title=01 a%2Cb%3Ac%25%0A%3A%3Aset-output name=x%3A%3Ay::");
  });

  test("warn of what was flaky or left a process behind", () => {
    const one = { started_at: "", completed_at: "", offset_ms: 0, duration_ms: 1, reason: null };
    const attempts = [1, 2].map((attempt) => ({ ...one, attempt, exit_code: 2 - attempt }));
    const text = githubAnnotations(
      documentOf([stepOf(1, "net", { flaky: true, attempts, tags: { leaked: "true" } })]),
      options,
    );
    expect(text).toContain(
      "::warning title=01 net::it passed at attempt 2 only; it left a process behind that holds its output open\n",
    );
  });
});
