import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pinnedBun, root, ScriptError } from "./project.ts";

/**
 * The platforms of a release. `bun` is the suffix of the npm package `@oven/bun-*` that holds Bun's own executable for
 * it, and `compile` the name that `Bun.build` knows it by.
 */
export const targets = {
  "linux-x64": { compile: "bun-linux-x64", bun: "linux-x64", windows: false },
  "linux-arm64": { compile: "bun-linux-arm64", bun: "linux-aarch64", windows: false },
  "linux-x64-musl": { compile: "bun-linux-x64-musl", bun: "linux-x64-musl", windows: false },
  "linux-arm64-musl": { compile: "bun-linux-arm64-musl", bun: "linux-aarch64-musl", windows: false },
  "darwin-arm64": { compile: "bun-darwin-arm64", bun: "darwin-aarch64", windows: false },
  "darwin-x64": { compile: "bun-darwin-x64", bun: "darwin-x64", windows: false },
  "windows-x64": { compile: "bun-windows-x64", bun: "windows-x64", windows: true },
  "windows-arm64": { compile: "bun-windows-arm64", bun: "windows-aarch64", windows: true },
} as const satisfies Record<string, { compile: Bun.Build.CompileTarget; bun: string; windows: boolean }>;

export type Target = keyof typeof targets;

export function parseTarget(name: string): Target {
  if (name in targets) return name as Target;
  throw new ScriptError(`no target ${JSON.stringify(name)}: there are ${Object.keys(targets).join(", ")}`);
}

/**
 * The path of Bun's executable for `target`, at the pinned version, fetched at first need.
 *
 * `Bun.build` would fetch it by itself, but always from npm's own registry and without comparing its hash. `bun install`
 * goes by the registry that the user configured, verifies the hash, and keeps a cache that all checkouts share.
 */
export async function bunExecutable(target: Target): Promise<string> {
  const { bun, windows } = targets[target];
  const name = `@oven/bun-${bun}`;
  const folder = join(root, "node_modules/.cache", `bun-${pinnedBun}`, target);
  const executable = join(folder, "node_modules", name, "bin", windows ? "bun.exe" : "bun");
  if (await Bun.file(executable).exists()) return executable;

  await mkdir(folder, { recursive: true });
  const dependencies = { [name]: pinnedBun };
  await Bun.write(join(folder, "package.json"), `${JSON.stringify({ private: true, dependencies })}\n`);
  const install = Bun.spawn([process.execPath, "install", "--os=*", "--cpu=*", "--ignore-scripts"], {
    cwd: folder,
    stdout: "ignore",
    stderr: "pipe",
  });
  const [complaint, code] = await Promise.all([install.stderr.text(), install.exited]);
  if (code !== 0 || !(await Bun.file(executable).exists())) {
    throw new ScriptError(
      `cannot fetch ${name}@${pinnedBun}: ${firstError(complaint) ?? `bun install ended with ${code}`}`,
    );
  }
  return executable;
}

function firstError(output: string): string | undefined {
  const line = Bun.stripANSI(output).match(/^error:\s*(.*)$/m);
  return line?.[1];
}
