/**
 * `bun scripts/npm-packages.ts` writes the npm packages of a release to `dist/npm`: `scenariolog`, which holds a launcher, and
 * a package for each platform, which holds its executable. `--target T`, repeatable, writes those of some platforms;
 * `--executable F` takes this file for the one target instead of building it; `--outdir D` writes to D instead.
 */
import { chmod, cp, mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { compileExecutable } from "./build/compile.ts";
import { requirePinnedBun, root, runScript, ScriptError } from "./build/project.ts";
import { parseTarget, type Target, targets } from "./build/targets.ts";

/** The fields that both kinds of packages share. */
const { version, license, description } = manifest;

await runScript("npm-packages", async () => {
  requirePinnedBun();
  const { values } = parseArgs({
    options: {
      target: { type: "string", multiple: true, default: [] },
      executable: { type: "string" },
      outdir: { type: "string", default: join(root, "dist/npm") },
    },
  });
  const wanted = values.target.length > 0 ? values.target.map(parseTarget) : (Object.keys(targets) as Target[]);
  if (values.executable !== undefined && wanted.length !== 1) {
    throw new ScriptError("--executable goes with one --target");
  }
  const outdir = resolve(values.outdir);
  for (const target of wanted) await platformPackage(outdir, target, values.executable);
  await mainPackage(outdir, wanted);
  return 0;
});

async function platformPackage(outdir: string, target: Target, ready: string | undefined): Promise<void> {
  const { windows } = targets[target];
  const folder = await emptyFolder(outdir, nameOf(target));
  const executable = join(folder, windows ? "scenariolog.exe" : "scenariolog");
  if (ready === undefined) await compileExecutable(executable, target);
  else await cp(ready, executable);
  await chmod(executable, 0o755);
  const [system, cpu, musl] = target.split("-") as [string, string, string | undefined];
  await writeManifest(folder, {
    name: nameOf(target),
    description: `The executable of scenariolog for ${target}`,
    os: [system === "windows" ? "win32" : system],
    cpu: [cpu],
    ...(system === "linux" ? { libc: [musl === undefined ? "glibc" : "musl"] } : {}),
    preferUnplugged: true,
  });
}

async function mainPackage(outdir: string, wanted: readonly Target[]): Promise<void> {
  const folder = await emptyFolder(outdir, "scenariolog");
  await cp(join(root, "npm/launcher.cjs"), join(folder, "launcher.cjs"));
  await chmod(join(folder, "launcher.cjs"), 0o755);
  await cp(join(root, "README.md"), join(folder, "README.md"));
  await writeManifest(folder, {
    name: "scenariolog",
    description,
    bin: { scenariolog: "launcher.cjs" },
    engines: { node: ">=18" },
    optionalDependencies: Object.fromEntries(wanted.map((target) => [nameOf(target), version])),
  });
}

async function emptyFolder(outdir: string, name: string): Promise<string> {
  const folder = join(outdir, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(join(root, "LICENSE"), join(folder, "LICENSE"));
  return folder;
}

async function writeManifest(folder: string, fields: object): Promise<void> {
  await Bun.write(join(folder, "package.json"), `${JSON.stringify({ ...fields, version, license }, null, 2)}\n`);
}

function nameOf(target: Target): string {
  return `scenariolog-${target}`;
}
