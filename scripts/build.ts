/**
 * `bun run build` builds the executable for this machine, `dist/scenariolog`, and the npm package's command,
 * `dist/scenariolog.js`. `--all` (or `--release`) builds the executables and archives of a release for every target;
 * `--target T`, repeatable, for some. `--outdir D` writes them there instead of `dist`.
 */
import { mkdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundlePackage, compileExecutable } from "./build/compile.ts";
import { readableSize, requirePinnedBun, root, runScript, ScriptError } from "./build/project.ts";
import { buildRelease } from "./build/release.ts";
import { parseTarget, type Target, targets } from "./build/targets.ts";

await runScript("build", async () => {
  const options = readOptions();
  requirePinnedBun();
  await mkdir(options.outdir, { recursive: true });
  if (options.release.length > 0) await buildRelease(options.outdir, options.release);
  else await buildHere(options.outdir);
  return 0;
});

async function buildHere(outdir: string): Promise<void> {
  const executable = join(outdir, process.platform === "win32" ? "scenariolog.exe" : "scenariolog");
  const command = join(outdir, "scenariolog.js");
  await Promise.all([compileExecutable(executable), bundlePackage(command)]);
  for (const path of [executable, command]) {
    const bytes = await Bun.file(path).bytes();
    const gzipped = Bun.gzipSync(bytes, { library: "libdeflate", level: 6 });
    console.log(`${relative("", path)}  ${readableSize(bytes.length)}, gzipped ${readableSize(gzipped.length)}`);
  }
}

function readOptions(): { outdir: string; release: Target[] } {
  try {
    const { values } = parseArgs({
      options: {
        all: { type: "boolean" },
        release: { type: "boolean" },
        target: { type: "string", multiple: true, default: [] },
        outdir: { type: "string", default: join(root, "dist") },
      },
    });
    const everything = values.all || values.release;
    const release = everything ? (Object.keys(targets) as Target[]) : values.target.map(parseTarget);
    return { outdir: resolve(values.outdir), release };
  } catch (error) {
    if (error instanceof ScriptError) throw error;
    throw new ScriptError(`${(error as Error).message.split(". ")[0]}: see the top of scripts/build.ts`);
  }
}
