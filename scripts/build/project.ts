import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };

/** The checkout: every path that a script names starts here, whatever directory it was called from. */
export const root = join(import.meta.dir, "../..");

export const version: string = manifest.version;

/** The Bun version that `packageManager` pins: checks and executables are made with that version only. */
export const pinnedBun: string = manifest.packageManager.replace(/^bun@/, "");

/** What a package and an archive hold besides the program, relative to the checkout: the README links to these files. */
export function documents(): string[] {
  return manifest.files
    .filter((name) => !name.startsWith("dist/"))
    .flatMap((name) => (statSync(join(root, name)).isDirectory() ? filesIn(name) : [name]));
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** An error that a person reads: one line, no stack trace. */
export class ScriptError extends Error {}

/** Throws a {@link ScriptError} if this Bun is not the pinned version. */
export function requirePinnedBun(): void {
  if (Bun.version === pinnedBun) return;
  throw new ScriptError(
    `this is Bun ${Bun.version}, but package.json pins ${pinnedBun}: call it as \`npx -y bun@${pinnedBun} run …\``,
  );
}

/** Runs a script's main function; a {@link ScriptError} or a system's error is one line on stderr and exit code 1. */
export async function runScript(name: string, main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const isSystemError = error instanceof Error && "syscall" in error;
    if (!(error instanceof ScriptError || isSystemError)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}

/** `52428800` as `52.4 MB`, `1234` as `1.2 kB` (decimal, as release pages count). */
export function readableSize(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
