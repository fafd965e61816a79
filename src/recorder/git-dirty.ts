import { type HelperOutput, startForOutput } from "../capture/helper-output.ts";

/** A repository so large that git is not done by then is one of which this is not known. */
const LIMIT_MS = 200;
/** Variables by which a hook of git's, for one, would point us to another repository. */
const POINTERS = /^GIT_(?!CONFIG|EXEC_PATH|CEILING_DIRECTORIES|DISCOVERY)/;

/** The answer: waits for it until 200 ms after the question, and not at all from then on. */
export type Dirty = () => boolean | null;

/**
 * Asks git whether tracked files of a working tree differ from its commit; files that git does not know do not count,
 * as a suite's own logs would. Git writes nothing then, and runs no hook. The answer is null when that is not known: git
 * is not there, or refuses, or is late. To be asked early, and answered late: git works meanwhile. Never throws.
 */
export function askWhetherDirty(dir: string): Dirty {
  const untilMs = Bun.nanoseconds() / 1e6 + LIMIT_MS;
  let git: HelperOutput | null = null;
  try {
    git = start(dir);
  } catch {
    // No libc that we know, or no free descriptor.
  }
  return () => {
    if (git === null) return null;
    const output = git;
    git = null;
    try {
      return answer(output, untilMs);
    } catch {
      return null;
    } finally {
      output.close();
    }
  };
}

function start(dir: string): HelperOutput | null {
  if (process.platform !== "linux") return null;
  const options = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks"];
  const status = ["status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--no-renames", "-uno"];
  const kept = Object.entries(process.env).filter(([name]) => !POINTERS.test(name));
  const environment = kept.map(([name, value]) => `${name}=${value}\0`).join("");
  return startForOutput(
    ["git", "-C", dir, ...options, ...status, "--ignore-submodules=dirty"],
    Buffer.from(`${environment}LC_ALL=C\0`),
  );
}

function answer(git: HelperOutput, untilMs: number): boolean | null {
  let text = "";
  for (;;) {
    const piece = git.read(untilMs);
    if (piece === null) return null;
    text += piece;
    // Lines of changes come behind those of the branch; without the latter, it refused.
    if (/^[^#\n]/m.test(text)) return true;
    if (piece === "") return text.startsWith("# branch.oid ") ? false : null;
  }
}
