import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logFileName } from "../../src/model/ids.ts";
import { writeInOnePiece } from "../build/compile.ts";
import { root, ScriptError } from "../build/project.ts";
import { type Command, textOf } from "./process.ts";
import type { Measured } from "./results.ts";

/** The tools and folders that every part of the benchmark uses. */
export interface Bench {
  /** Where its files go; removed at the end. */
  readonly dir: string;
  /** A copy of the executable: a build that runs meanwhile does not change what is measured. */
  readonly program: string;
  /** A compiled program that does nothing: the cost of starting Bun. */
  readonly empty: string;
  readonly quick: boolean;
  /** What is left of the ten minutes: a large part is left out if it does not fit any more. */
  secondsLeft(): number;
  add(measured: Measured): void;
  /** Prints a line about what was left out, or what a reader must know. */
  say(text: string): void;
}

export function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "scenariolog-bench-")));
}

/** Fills `dir` with the two programs; builds the executable first when it is missing or older than its sources. */
export async function preparePrograms(dir: string): Promise<{ program: string; empty: string }> {
  const built = join(root, "dist/scenariolog");
  if (isStale(built)) {
    const code = await Bun.spawn([process.execPath, "scripts/build.ts"], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    }).exited;
    if (code !== 0) throw new ScriptError(`the build ended with ${code}`);
  }
  const program = join(dir, "scenariolog");
  // As the build does, so that both programs lie in the page cache in the same way.
  await writeInOnePiece(built, program);
  return { program, empty: await compileEmpty(dir) };
}

function isStale(executable: string): boolean {
  if (!existsSync(executable)) return true;
  const builtAt = statSync(executable).mtimeMs;
  const folders = ["src", "scripts/build"].flatMap((folder) => [...new Bun.Glob(`${folder}/**/*`).scanSync(root)]);
  return [...folders, "package.json", "bun.lock"].some((path) => statSync(join(root, path)).mtimeMs > builtAt);
}

async function compileEmpty(dir: string): Promise<string> {
  const source = join(dir, "empty.ts");
  await Bun.write(source, "export {};\n");
  return await compileProgram(source, join(dir, "empty"));
}

/** Compiles with the executable's options, as far as they matter here. Returns `outfile`. */
export async function compileProgram(source: string, outfile: string): Promise<string> {
  const { success } = await Bun.build({
    entrypoints: [source],
    target: "bun",
    format: "esm",
    minify: true,
    bytecode: true,
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false, jitPolicy: 8 },
  } as Bun.BuildConfig);
  if (!success) throw new ScriptError(`${source} could not be compiled`);
  await writeInOnePiece(outfile);
  return outfile;
}

/** A database with a run, and the calls that record steps there. All its files lie in one folder. */
export class Recording {
  readonly dir: string;
  readonly db: string;
  readonly runId: string;
  /** The number of steps so far. */
  steps: number;

  /** With `past`, a run that exists already and has this many steps. */
  constructor(
    private readonly bench: Bench,
    name: string,
    past?: { readonly runId: string; readonly steps: number },
  ) {
    this.dir = join(bench.dir, name);
    this.db = join(this.dir, "runs.db");
    mkdirSync(this.dir, { recursive: true });
    const start = [bench.program, "run", "start", "--db", this.db, "--root-dir", this.dir];
    this.runId = past?.runId ?? textOf({ argv: start }).trim();
    this.steps = past?.steps ?? 0;
  }

  /** The next step, with what `exec` prints in a file if asked for. */
  exec(step: readonly string[], flags: readonly string[] = [], environment: Record<string, string> = {}): Command {
    const number = String(++this.steps);
    const where = ["--db", this.db, "--run-id", this.runId, "--root-dir", this.dir, "--log-dir", "logs"];
    const argv = [
      this.bench.program,
      "exec",
      ...where,
      "--name",
      "step",
      "--step-num",
      number,
      ...flags,
      "--",
      ...step,
    ];
    return { argv, environment };
  }

  /** The file that the last step's stdout went to. */
  get log(): string {
    return join(this.dir, "logs", logFileName(this.steps, "stdout"));
  }

  verb(...words: readonly string[]): Command {
    return { argv: [this.bench.program, ...words, "--db", this.db], stdout: join(this.dir, "report") };
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
