import type { DocumentLog, DocumentStep, RunDocument } from "../../src/report/document/run-document.ts";

/** A log of these lines, whole. */
export function logOf(path: string, ...lines: string[]): DocumentLog {
  const size_bytes = Buffer.byteLength(lines.join("\n")) + (lines.length > 0 ? 1 : 0);
  return { path, size_bytes, sha256: null, head: lines, tail: [], left_out_bytes: 0, problem: null };
}

/** A step that passed in 10 ms, but for what `change` says. */
export function stepOf(num: number, name: string, change: Partial<DocumentStep> = {}): DocumentStep {
  const started_at = `2026-01-02T10:00:0${num % 10}.000000000Z`;
  return {
    step_id: `run-1-step-${String(num).padStart(2, "0")}`,
    step_num: num,
    step_name: name,
    script_path: `checks/${String(num).padStart(2, "0")}-${name}.sh`,
    status: "passed",
    exit_code: 0,
    reason: null,
    meaning: null,
    started_at,
    completed_at: started_at,
    offset_ms: num * 1000,
    duration_ms: 10,
    flaky: false,
    argv: ["bash", `checks/${name}.sh`],
    work_dir: null,
    reproduce: null,
    tags: {},
    attempts: [
      {
        attempt: 1,
        started_at,
        completed_at: started_at,
        offset_ms: num * 1000,
        duration_ms: 10,
        exit_code: 0,
        reason: null,
      },
    ],
    commands: [],
    failed_at: null,
    first_error: null,
    since: null,
    stdout: logOf(`.logs/step-${num}-stdout.txt`),
    stderr: logOf(`.logs/step-${num}-stderr.txt`),
    artifacts: [],
    ...change,
  };
}

/** A step that failed in a helper which its script called. */
export function failedStep(num: number, name: string, change: Partial<DocumentStep> = {}): DocumentStep {
  return stepOf(num, name, {
    status: "failed",
    exit_code: 3,
    meaning: "a check said no",
    failed_at: {
      ...{ file: "checks/lib.sh", line: 5, function: "assert_eq", command: "return 1", from: "trace" },
      guard: { line: 2, text: 'if [ "$1" != "$2" ]; then' },
      callers: [{ file: `checks/${name}.sh`, line: 6, function: null, command: "assert_eq 45 42", source: [] }],
      source: [
        { num: 4, text: "# more" },
        { num: 5, text: "return 1" },
      ],
      changed_since: false,
      problem: null,
    },
    first_error: { stream: "stderr", line: 1, text: "expected 42, got 45" },
    stderr: logOf(`.logs/step-${num}-stderr.txt`, "expected 42, got 45"),
    stdout: logOf(`.logs/step-${num}-stdout.txt`, "checking"),
    ...change,
  });
}

export function documentOf(steps: readonly DocumentStep[], change: Partial<RunDocument["run"]> = {}): RunDocument {
  const count = (status: string) => steps.filter((step) => step.status === status).length;
  return {
    format: 1,
    run: {
      run_id: "run-1",
      short_id: "run-1",
      suite: "orders",
      root_dir: "/repo",
      status: count("failed") > 0 ? "failed" : "passed",
      exit_code: 0,
      started_at: "2026-01-02T10:00:00.000000000Z",
      completed_at: "2026-01-02T10:00:09.000000000Z",
      duration_ms: 9000,
      summary: `run run-1 of orders: ${count("failed")} of ${steps.length} steps failed`,
      counts: {
        total: steps.length,
        passed: count("passed"),
        failed: count("failed"),
        interrupted: count("interrupted"),
        running: count("running"),
        skipped: count("skipped"),
        not_run: count("not run"),
        flaky: steps.filter(({ flaky }) => flaky).length,
      },
      tags: { "host.name": "here", "git.commit": "abc" },
      ...change,
    },
    steps,
    notes: [],
    artifacts: [],
    left_out: { log_bytes: 0, commands: 0 },
  };
}
