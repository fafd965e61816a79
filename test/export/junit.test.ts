import { describe, expect, test } from "bun:test";
import { JUNIT_MAX_BYTES, junit } from "../../src/export/junit.ts";
import type { RunDocument } from "../../src/report/document/run-document.ts";
import { documentOf, failedStep, logOf, stepOf } from "./documents.ts";

const options = { maxBytes: JUNIT_MAX_BYTES, fileOf: (path: string) => (path.startsWith("/") ? null : path) };
const xml = (document: RunDocument, change: Partial<typeof options> = {}) => junit(document, { ...options, ...change });
const xmllint = Bun.which("xmllint");

/** Parses with libxml2 where it is at hand; returns what it complains of. */
function complaintsOf(text: string): string {
  const { stderr, exitCode } = Bun.spawnSync([xmllint!, "--noout", "--huge", "-"], { stdin: Buffer.from(text) });
  return exitCode === 0 ? "" : stderr.toString();
}

describe("a run as JUnit", () => {
  test("is one suite, and a case a step", () => {
    const text = xml(documentOf([stepOf(1, "import"), failedStep(2, "totals")]));
    expect(text).toContain(
      '<testsuite name="orders" tests="2" failures="1" errors="0" skipped="0" time="9.000" timestamp="2026-01-02T10:00:00" id="0" hostname="here">',
    );
    expect(text).toContain(
      '<testcase classname="orders" name="01 import" time="0.010" file="checks/01-import.sh" line="1">',
    );
    expect(text.match(/<testcase /g)).toHaveLength(2);
  });

  test("tells of a failure all that there is in its text: error, place, callers, source, logs", () => {
    const text = xml(documentOf([failedStep(2, "totals")]));
    const failure = /<failure message="([^"]*)" type="exit-3">([\s\S]*?)<\/failure>/.exec(text)!;
    expect(failure[1]).toBe("expected 42, got 45 (checks/totals.sh:6  assert_eq 45 42)");
    for (const part of [
      "checks/totals.sh:6",
      "checks/lib.sh:5  in assert_eq()",
      "&gt; 5  return 1",
      "--- stderr\nexpected 42, got 45",
      "--- stdout\nchecking",
    ])
      expect(failure[2]).toContain(part);
    expect(text).toContain('name="02 totals" time="0.010" file="checks/totals.sh" line="6"');
  });

  test("calls what the system ended an error, and counts what did not run as skipped", () => {
    const steps = [
      failedStep(1, "slow", { reason: "timeout", exit_code: 124, tags: {} }),
      failedStep(2, "gone", { status: "interrupted", exit_code: 137, tags: { "exit.signal": "SIGKILL" } }),
      stepOf(3, "docker", { status: "skipped", reason: "no docker", exit_code: 77 }),
      stepOf(4, "later", { status: "not run", step_id: null, exit_code: null, attempts: [] }),
    ];
    const text = xml(documentOf(steps));
    expect(text).toContain('failures="0" errors="2" skipped="2"');
    expect(text).toContain('type="timeout"');
    expect(text).toContain('type="SIGKILL"');
    expect(text).toContain('<skipped message="no docker"/>');
    expect(text).toContain('<skipped message="an earlier step ended the run"/>');
  });

  test("keeps the attempts of a step in its one case", () => {
    const one = { started_at: "", completed_at: "", offset_ms: 0, duration_ms: 1, reason: null };
    const attempts = [
      { ...one, attempt: 1, exit_code: 7 },
      { ...one, attempt: 2, exit_code: 0 },
    ];
    const text = xml(documentOf([stepOf(1, "net", { attempts, flaky: true }), failedStep(2, "x", { attempts })]));
    expect(text).toContain('<flakyFailure message="attempt 1 ended with exit 7" type="exit-7">');
    expect(text).toContain('<rerunFailure message="attempt 1 ended with exit 7"');
    expect(text.match(/<testcase /g)).toHaveLength(2);
  });

  test("names a log for GitLab if it lies in the project, and a suite without dots", () => {
    expect(xml(documentOf([failedStep(2, "a")], { suite: "my.suite" }))).toContain('classname="my-suite"');
    expect(xml(documentOf([failedStep(2, "a")]))).toContain(
      "<system-out>[[ATTACHMENT|.logs/step-2-stderr.txt]]\nchecking</system-out>",
    );
    expect(xml(documentOf([failedStep(2, "a")]), { fileOf: () => null })).not.toContain("ATTACHMENT");
  });

  test("shortens logs rather than growing too large, and says so", () => {
    const long = logOf(".logs/x.txt", ...Array.from({ length: 20_000 }, (_, i) => `line ${i}`));
    const steps = Array.from({ length: 40 }, (_, i) => failedStep(i + 1, `s${i}`, { stdout: long, stderr: long }));
    const text = xml(documentOf(steps), { maxBytes: 1_000_000 });
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
    expect(text).toContain("scenariolog.logs_shortened_to");
    expect(text).toContain("bytes are left out; the whole log: .logs/x.txt");
    expect(text).toContain("line 19999");
  });
});

test.skipIf(xmllint === null)("whatever is in names, logs and messages, libxml2 reads the file", () => {
  const random = (n: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(n))).toString("utf8");
  const odd = () => `${random(40)}\x1b[31m]]>&<"'\x00\ufffe\ud800\u2028${String.fromCodePoint(0x1f600)}${random(10)}`;
  for (let i = 0; i < 30; i++) {
    const step = failedStep(1, odd(), {
      stderr: logOf(odd(), odd(), odd()),
      first_error: { stream: "stderr", line: 1, text: odd() },
      script_path: odd(),
      tags: { "exit.signal": odd() },
    });
    const text = xml(
      documentOf([step, stepOf(2, "x", { status: "skipped", reason: odd() })], {
        suite: odd(),
        tags: { "git.branch": odd() },
      }),
    );
    expect(complaintsOf(text)).toBe("");
  }
});
