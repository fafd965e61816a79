import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logFileName } from "../../src/model/ids.ts";
import { writeInOnePiece } from "../build/compile.ts";
import { root, ScriptError } from "../build/project.ts";
import { type Command, textOf } from "./process.ts";
import type { Measured } from "./results.ts";

/** What every part of the benchmark works with. */
export interface Bench {
  /** Where its files go; removed at the end. */
  readonly dir: string;
  /** A copy of the executable: a build that runs meanwhile does not change what is measured. */
  readonly program: string;
  /** A compiled program that does nothing: what starting Bun costs. */
  readonly empty: string;
  readonly quick: boolean;
  /** Of the ten minutes that all of it may take: what is large is left out when it would not fit any more. */
  secondsLeft(): number;
  add(measured: Measured): void;
  /** Says on a line of its own what was left out, or has to be known. */
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
  // As the build does: both programs are to lie in the page cache in the same way.
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

/** With the same options as the executable, as far as they matter here. Returns `outfile`. */
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

/** A database and a run in it, and what records steps there. Everything of it lies in a folder of its own. */
export class Recording {
  readonly dir: string;
  readonly db: string;
  readonly runId: string;
  /** How many there are by now. */
  steps: number;

  /** With `past`, a run that is there already and has so many steps. */
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
