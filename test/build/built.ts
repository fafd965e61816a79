import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { documents } from "../../scripts/build/project.ts";
import { atEnd } from "../support/cleanup.ts";

export const root = join(import.meta.dir, "../..");

const bun = process.execPath;
let built: Promise<string> | undefined;

/** A new empty folder. Not below the checkout: Bun looks for a package.json upwards. */
export function newFolder(name: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `scenariolog-${name}-`)));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder for PATH in which the current Bun is called `bun`, as the package's first line needs. */
export function folderWithBun(): string {
  const folder = newFolder("bin");
  symlinkSync(bun, join(folder, "bun")); // `npx bun` runs one that is called bun.exe, and none needs to be on PATH
  return folder;
}

/** The executable: the one that `SCENARIOLOG_BIN` names, else one that is built here, one time. */
export async function executable(): Promise<string> {
  const given = process.env.SCENARIOLOG_BIN;
  return given ? resolve(given) : join(await buildOnce(), "scenariolog");
}

/** The npm package's tarball, packed as `npm publish` would from a checkout where everything has been built. */
export async function tarball(): Promise<string> {
  const folder = newFolder("package");
  const dist = await builtFolder();
  for (const name of ["scenariolog", "scenariolog.js"]) cpSync(join(dist, name), join(folder, "dist", name));
  for (const name of ["package.json", ...documents()]) cpSync(join(root, name), join(folder, name));
  const destination = join(folder, "packed");
  mkdirSync(destination);
  await mustRun([bun, "pm", "pack", "--destination", destination], folder);
  const [name] = new Bun.Glob("*.tgz").scanSync(destination);
  return join(destination, name!);
}

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. If `env` is given, it is the whole environment. */
export async function run(argv: string[], cwd: string, env?: Record<string, string>): Promise<Ended> {
  const environment = env ?? { ...process.env, ...noRecorder };
  const child = Bun.spawn(argv, { cwd, env: environment, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** Like {@link run}, for programs that must succeed before the test begins. */
export async function mustRun(argv: string[], cwd: string, env?: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await run(argv, cwd, env);
  if (code !== 0) throw new Error(`${argv.join(" ")}: exit ${code}\n${stdout}${stderr}`);
  return stdout;
}

const noRecorder = {
  SCENARIOLOG_DB: undefined,
  SCENARIOLOG_RUN_ID: undefined,
  SCENARIOLOG_ROOT_DIR: undefined,
  SCENARIOLOG_LOG_DIR: undefined,
};

/** Where executable and package command lie: beside the one under test if both do, as after `bun run build`. */
async function builtFolder(): Promise<string> {
  const given = process.env.SCENARIOLOG_BIN;
  const folder = given && dirname(resolve(given));
  return folder && existsSync(join(folder, "scenariolog.js")) ? folder : buildOnce();
}

/** Builds into a folder that the next run of the tests overwrites, so that a hundred megabytes do not pile up. */
function buildOnce(): Promise<string> {
  built ??= (async () => {
    const dist = join(root, "node_modules/.cache/scenariolog-test-build");
    await mustRun([bun, join(root, "scripts/build.ts"), "--outdir", dist], root);
    return dist;
  })();
  return built;
}
