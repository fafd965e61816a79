import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readTestCounts, type TestCounts } from "./counts.ts";
import { readReport } from "./report.ts";

export interface TestRun {
  /** Where `bun test` runs, to which the paths of `files` are relative. */
  root: string;
  files: readonly string[];
  /** How many files run at the same time, each in its own process. */
  workers: number;
  environment: Record<string, string | undefined>;
  /** A file with the duration of each test file, kept from run to run, so that the slowest start first. */
  timings?: string;
}

export interface TestRunResult {
  counts: TestCounts;
  /** `file: title` of every test that was skipped. */
  skipped: string[];
  /** What the failed tests printed, and what all tests said on their standard streams. */
  output: string;
  /** What is wrong, in a few words; undefined if every file ran its tests and all of them passed. */
  problem: string | undefined;
}

/**
 * Runs test files with `bun test`. A worker that dies (by a signal, out of memory, by `process.exit`) is a failed test; if the
 * whole run dies, or a file holds no test, that is a problem as well.
 */
export async function runTests(run: TestRun): Promise<TestRunResult> {
  // Without one, `bun test` would look for files itself.
  if (run.files.length === 0) return { ...nothing, problem: "there is no test file" };
  const folder = mkdtempSync(join(tmpdir(), "scenariolog-check-"));
  const reportFile = join(folder, "report.xml");
  try {
    const child = Bun.spawn(
      [
        ...[process.execPath, "test", "--timeout=180000", "--only-failures", `--parallel=${run.workers}`],
        ...(run.timings === undefined ? [] : [`--timings=${run.timings}`, "--update-timings"]),
        ...["--reporter=junit", `--reporter-outfile=${reportFile}`],
        ...run.files.map((file) => resolve(run.root, file)),
      ],
      { cwd: run.root, env: run.environment, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    );
    const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    const output = out + err;
    const counts = readTestCounts(output);
    const report = await readReport(reportFile);
    const missing = run.files.filter((file) => !report.files.has(file));
    return {
      counts: counts ?? nothing.counts,
      skipped: report.skipped,
      output,
      problem: findProblem(counts, missing, child.signalCode ?? `exit code ${code}`, code),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const nothing: Omit<TestRunResult, "problem"> = {
  counts: { passed: 0, failed: 0, skipped: 0 },
  skipped: [],
  output: "",
};

function findProblem(
  counts: TestCounts | undefined,
  missing: readonly string[],
  end: string | number,
  code: number,
): string | undefined {
  if (counts === undefined) return `bun test died before its summary, ${end}`;
  if (counts.failed > 0) return `${counts.failed} failed`;
  if (code !== 0) return `all tests passed, but bun test ended with ${end}`;
  if (missing.length > 0) return `no test in ${missing.join(", ")}`;
  return counts.passed === 0 ? "no test passed" : undefined;
}
