/**
 * `bun run check` runs every check, cheap ones first, and prints a line for each. It shows the output of a check that fails,
 * and starts no test if types, lint, documents or build are wrong. Its last line is the sum of all tests,
 * `N passed, N failed`, which CI reads. If tests were skipped, it names each of them, and adds `, N skipped` to that line.
 *
 * `bun run check --quick` is for the minutes between two edits: types, lint, the tests that start no program, and a smoke
 * test of the executable.
 *
 * A new test file below `test/` needs no registration. It runs one time, beside others, and the program that it starts is
 * the executable. A line in the file changes that:
 *
 * - `// check: alone, REASON`: the file runs after the others, with the machine to itself. This is for crowds, terminals,
 *   and signals that must come at a certain moment.
 * - `// check: smoke, REASON`: the file belongs to the quick check, and the whole check runs it a second time on the source,
 *   which is how the npm package and a checkout run the program. These files use every verb, and everything that differs
 *   in the executable: threads, helper processes, and its record of how it was started.
 *
 * Random input comes from a new seed each time, which is printed; `SCENARIOLOG_FUZZ_SEED=N bun run check` repeats it.
 */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { requirePinnedBun, root, runScript, ScriptError } from "./build/project.ts";
import { addCounts, formatCounts, type TestCounts } from "./check/counts.ts";
import { findTestFiles, type TestFile } from "./check/test-files.ts";
import { runTests } from "./check/test-run.ts";

/** Returns the problem in a few words, undefined if there is none, and the output to show with it. */
type Check = () => Promise<{ problem: string | undefined; output: string; counts?: TestCounts }>;

/** A part of the test files, and the program that they run. */
interface Pass {
  name: string;
  has(file: TestFile): boolean;
  /** One file at a time. */
  alone?: boolean;
  environment?: Record<string, string>;
}

const bun = process.execPath;
const program = join(root, "dist", process.platform === "win32" ? "scenariolog.exe" : "scenariolog");
const onExecutable = { SCENARIOLOG_BIN: program };

const commands = [
  { name: "types", argv: [bun, "run", "types"] },
  { name: "lint", argv: [bun, "run", "lint"] },
  { name: "generated docs", argv: [bun, "scripts/docs.ts", "--check"] },
  { name: "secret formats", argv: [bun, "scripts/secret-formats.ts", "--check"] },
  { name: "build", argv: [bun, "scripts/build.ts"] },
];

const wholePasses: Pass[] = [
  { name: "tests", has: ({ mark }) => mark !== "alone", environment: onExecutable },
  { name: "tests that run alone", has: ({ mark }) => mark === "alone", alone: true, environment: onExecutable },
  { name: "smoke test of the source", has: ({ mark }) => mark === "smoke" },
];
const quickPasses: Pass[] = [
  {
    name: "unit and smoke tests",
    has: ({ mark, isUnit }) => mark === "smoke" || (isUnit && mark !== "alone"),
    environment: onExecutable,
  },
];

const skipped = new Set<string>();
const seed = process.env.SCENARIOLOG_FUZZ_SEED ?? String(Math.floor(Math.random() * 1e9));

await runScript("check", async () => {
  requirePinnedBun();
  const passes = isQuick() ? quickPasses : wholePasses;
  const files = findTestFiles(root);
  console.log(`random input by SCENARIOLOG_FUZZ_SEED=${seed}`);
  const startedAt = performance.now();
  const total: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  let failure: string | undefined;
  for (const { name, argv } of commands) failure ??= await runCheck(name, () => runCommand(argv), total);
  if (failure === undefined) {
    for (const pass of passes) {
      const problem = await runCheck(pass.name, () => runPass(pass, files.filter(pass.has)), total);
      failure ??= problem; // the other passes run all the same
    }
  }
  for (const test of skipped) console.log(`skipped: ${test}`);
  const seconds = secondsSince(startedAt);
  if (failure === undefined) console.log(`all checks passed in ${seconds}`);
  else console.log(`check failed: ${failure} (after ${seconds})`);
  console.log(formatCounts(total));
  return failure === undefined ? 0 : 1;
});

/** Runs a check and adds its tests to `total`. Returns the problem, or undefined. */
async function runCheck(name: string, check: Check, total: TestCounts): Promise<string | undefined> {
  const startedAt = performance.now();
  const { problem, output, counts } = await check();
  if (counts !== undefined) addCounts(total, counts);
  if (problem !== undefined) console.log(output.trimEnd());
  const tests = counts === undefined ? "" : `, ${formatCounts(counts)}`;
  console.log(`${name.padEnd(24)} ${problem === undefined ? "ok" : "FAILED"} in ${secondsSince(startedAt)}${tests}`);
  return problem === undefined ? undefined : `${name}: ${problem}`;
}

async function runCommand(argv: string[]): ReturnType<Check> {
  const child = Bun.spawn(argv, {
    cwd: root,
    env: environment(),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { problem: code === 0 ? undefined : `exit code ${code}`, output: out + err };
}

async function runPass(pass: Pass, files: readonly TestFile[]): ReturnType<Check> {
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const result = await runTests({
    root,
    files: files.map(({ path }) => path),
    // Most tests wait for processes, so that two workers for each processor keep it busy.
    workers: pass.alone ? 1 : Math.min(16, 2 * availableParallelism()),
    environment: { ...environment(), ...pass.environment },
    timings: join(cache, "scenariolog-test-timings.json"),
  });
  for (const test of result.skipped) skipped.add(test);
  return result;
}

/** The caller's environment without variables that steer the program under test; those that steer the tests stay. */
function environment(): Record<string, string | undefined> {
  const isKept = (name: string) => !name.startsWith("SCENARIOLOG_") || name.startsWith("SCENARIOLOG_TEST_");
  const kept = Object.entries(process.env).filter(([name]) => isKept(name));
  return { ...Object.fromEntries(kept), SCENARIOLOG_FUZZ_SEED: seed };
}

function isQuick(): boolean {
  try {
    return parseArgs({ options: { quick: { type: "boolean", default: false } } }).values.quick;
  } catch (error) {
    throw new ScriptError(`${(error as Error).message.split(". ")[0]}: see the top of scripts/check.ts`);
  }
}

function secondsSince(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
