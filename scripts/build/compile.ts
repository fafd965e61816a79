import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { recordStart } from "./elf-start.ts";
import { root, ScriptError } from "./project.ts";
import { bunExecutable, type Target, targets } from "./targets.ts";

const main = join(root, "src/main.ts");

/**
 * Makes an executable of `src/main.ts` at `outfile`: for this machine by the Bun that runs this, or for `target`.
 *
 * The executable must not care where it is started, so nothing is read from there: with Bun's defaults a `preload` in the
 * directory's bunfig.toml would run inside it, and its `.env` would end up in every step.
 */
export async function compileExecutable(outfile: string, target?: Target): Promise<void> {
  const cross =
    target === undefined ? {} : { target: targets[target].compile, executablePath: await bunExecutable(target) };
  await inPlaceOf(outfile, async (temporary) => {
    await build({
      // A thread is a program of its own inside the executable.
      entrypoints: [
        main,
        join(root, "src/recorder/index/follow-worker.ts"),
        join(root, "src/capture/log/hash-thread.ts"),
      ],
      splitting: true, // code that a verb does not need is not even parsed; the chunks keep their bytecode
      minChunkSize: 65_536, // but not in twenty chunks, each of which costs a step 50 µs
      bytecode: true, // saves more start-up than its size costs
      compile: {
        ...cross,
        outfile: temporary,
        autoloadDotenv: false,
        autoloadBunfig: false,
        autoloadTsconfig: false,
        autoloadPackageJson: false,
        jitPolicy: 8, // a verb ends before a compiler could pay off
      },
    });
    if ((target ?? process.platform).startsWith("linux")) await recordStart(temporary);
    await writeInOnePiece(temporary);
  });
}

/**
 * Makes the file that the npm package installs as its command. With a plain `env bun` its first line would make Bun read
 * the .env, bunfig.toml and tsconfig.json of the directory it is called in.
 */
export async function bundlePackage(outfile: string): Promise<void> {
  const shebang = "#!/usr/bin/env -S bun --no-env-file --config=/dev/null --tsconfig-override=/dev/null\n";
  const output = await build({});
  const code = (await output.outputs[0]!.text()).replace(/^#!.*\n/, "");
  await inPlaceOf(outfile, async (temporary) => {
    await Bun.write(temporary, shebang + code);
    await chmod(temporary, 0o755);
  });
}

async function build(options: Partial<Bun.BuildConfig>): Promise<Bun.BuildOutput> {
  try {
    return await Bun.build({
      entrypoints: [main],
      target: "bun",
      format: "esm",
      minify: true,
      env: "disable",
      define: { "process.env.NODE_ENV": '"production"' },
      ...options,
    } as Bun.BuildConfig);
  } catch (error) {
    throw new ScriptError(`cannot build src/main.ts: ${buildMessages(error)}`);
  }
}

function buildMessages(error: unknown): string {
  const all = error instanceof AggregateError ? error.errors : [error];
  return all.map((one) => String(one?.message ?? one)).join("; ");
}

/**
 * Writes an executable again in one piece, in its place or as `to`. The bundler writes it piece by piece; then Linux caches it
 * in many small pieces, and each start takes 1 ms longer until the machine has read it from the disk again. (Code laid out for
 * pages of 2 MiB would save another 8 %, but count as 85 MB of memory instead of 47.)
 */
export async function writeInOnePiece(executable: string, to = executable): Promise<void> {
  const whole = await readFile(executable);
  await rm(to, { force: true });
  await writeFile(to, whole, { mode: 0o755 });
}

/**
 * Lets `write` make the file in a folder beside `outfile` and then moves it there: a recorder that runs from the old file is
 * not disturbed, and a failed build leaves the old file. The file's name stays the same throughout, because Bun writes it into
 * the executable, and two builds of one source must be equal.
 */
async function inPlaceOf(outfile: string, write: (temporary: string) => Promise<unknown>): Promise<void> {
  const folder = join(dirname(outfile), `.building-${process.pid}`);
  try {
    await mkdir(folder, { recursive: true });
    await write(join(folder, basename(outfile)));
    await rename(join(folder, basename(outfile)), outfile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
