/**
 * `bun run check`: every check there is, in an order that finds the cheap faults first, one line each. It stops at the
 * first that fails, shows what that one printed, and ends with the sum of all test runs, `N passed, N failed`, alone on
 * a line: CI reads it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { requirePinnedBun, root, runScript } from "./build/project.ts";
import { addCounts, readTestCounts, type TestCounts } from "./check/counts.ts";

interface Check {
  name: string;
  argv: string[];
  /** Its summary is counted, and it has to have one. */
  isTest?: boolean;
  environment?: Record<string, string>;
}

const bun = process.execPath;
const program = join(root, "dist", process.platform === "win32" ? "scenariolog.exe" : "scenariolog");

const checks: Check[] = [
  { name: "types", argv: [bun, "run", "types"] },
  { name: "lint", argv: [bun, "run", "lint"] },
  { name: "build", argv: [bun, "scripts/build.ts"] },
  { name: "tests of the source", argv: [bun, "run", "test"], isTest: true },
  {
    name: "tests of the executable",
    argv: [bun, "run", "test"],
    isTest: true,
    environment: { SCENARIOLOG_BIN: program },
  },
  { name: "generated docs", argv: [bun, "scripts/docs.ts", "--check"] },
];

await runScript("check", async () => {
  requirePinnedBun();
  const startedAt = performance.now();
  const total: TestCounts = { passed: 0, failed: 0 };
  let failure: string | undefined;
  for (const check of checks) {
    failure = await runCheck(check, total);
    if (failure !== undefined) break;
  }
  const seconds = secondsSince(startedAt);
  if (failure === undefined) console.log(`all checks passed in ${seconds}`);
  else console.log(`check failed: ${failure} (after ${seconds})`);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return failure === undefined ? 0 : 1;
});

/** Runs one and adds its tests to `total`. Returns what is wrong with it, or undefined. */
async function runCheck(check: Check, total: TestCounts): Promise<string | undefined> {
  const script = check.argv.find((argument) => argument.startsWith("scripts/"));
  if (script !== undefined && !existsSync(join(root, script))) {
    console.log(`${check.name.padEnd(24)} skipped, there is no ${script}`);
    return undefined;
  }
  const startedAt = performance.now();
  const child = Bun.spawn(check.argv, {
    cwd: root,
    env: { ...cleanEnvironment(), ...check.environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  const output = out + err;

  const counts = check.isTest ? readTestCounts(output) : undefined;
  const problem = findProblem(check, code, counts);
  if (counts !== undefined) addCounts(total, counts);
  if (problem !== undefined) console.log(output.trimEnd());
  const tests = counts === undefined ? "" : `, ${counts.passed} passed, ${counts.failed} failed`;
  console.log(
    `${check.name.padEnd(24)} ${problem === undefined ? "ok" : "FAILED"} in ${secondsSince(startedAt)}${tests}`,
  );
  return problem;
}

function findProblem(check: Check, code: number, counts: TestCounts | undefined): string | undefined {
  if (code !== 0) return `${check.name}, exit code ${code}`;
  if (!check.isTest) return undefined;
  if (counts === undefined || counts.passed === 0) return `${check.name}, no test ran`;
  return counts.failed === 0 ? undefined : `${check.name}, ${counts.failed} failed`;
}

/** The caller's environment without what would steer the program under test. */
function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SCENARIOLOG_")));
}

function secondsSince(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
