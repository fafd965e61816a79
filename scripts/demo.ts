/**
 * `bun run demo` records the suite in examples/suite with the executable, as a harness does, and asks the usual questions
 * about it. Everything goes to demo-out/, which is emptied first.
 */
import { existsSync, statSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { root, runScript, ScriptError } from "./build/project.ts";

const program = join(root, "dist/scenariolog");
const outDir = join(root, "demo-out");
const database = join(outDir, "scenario-run.db");
const failingCode = 3;

await runScript("demo", async () => {
  if (process.platform === "win32") throw new ScriptError("the suite is made of bash scripts: run it in WSL");
  if (isStale()) await mustSucceed([process.execPath, "scripts/build.ts"], "the build");
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir);

  heading("bash examples/suite/run-all.sh");
  const code = await run(["bash", join(root, "examples/suite/run-all.sh")]);
  console.log(`(the suite ended with ${code})`);
  if (code !== failingCode) {
    throw new ScriptError(`step 03 fails with ${failingCode} by design, so the suite should have ended with that code`);
  }

  await ask("summary");
  await ask("failures");
  await ask("timings");
  await ask("search", "--query", "warning OR error");
  console.log(
    "\nStep 03 fails by design. Every step ran, and everything that the steps printed is in the database and the logs.",
  );
  return 0;
});

/** Whether the executable is missing, or older than its sources. */
function isStale(): boolean {
  if (!existsSync(program)) return true;
  const builtAt = statSync(program).mtimeMs;
  const folders = ["src", "scripts/build"].flatMap((folder) => [...new Bun.Glob(`${folder}/**/*`).scanSync(root)]);
  const parts = [...folders, "package.json", "bun.lock"];
  return parts.some((path) => statSync(join(root, path)).mtimeMs > builtAt);
}

async function ask(verb: string, ...flags: string[]): Promise<void> {
  const argv = [verb, "--db", relative(root, database), ...flags];
  const shown = argv.map((argument) => (argument.includes(" ") ? `'${argument}'` : argument));
  heading(`dist/scenariolog ${shown.join(" ")}`);
  await mustSucceed([program, ...argv], verb);
}

function heading(command: string): void {
  console.log(`\n$ ${command}`);
}

async function mustSucceed(argv: string[], what: string): Promise<void> {
  const code = await run(argv);
  if (code !== 0) throw new ScriptError(`${what} ended with ${code}`);
}

/** Runs a program with the caller's terminal and environment, except for variables that steer a recorder. */
async function run(argv: string[]): Promise<number> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("SCENARIOLOG_"));
  const env = { ...Object.fromEntries(inherited), SCENARIOLOG_BIN: program, OUT_DIR: outDir };
  return await Bun.spawn(argv, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] }).exited;
}
