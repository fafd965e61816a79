import fs from "node:fs";
import path from "node:path";
import { bashScriptOf } from "./bash-script.ts";
import { scriptText } from "./script-text.ts";
import { reasonNotToTrace } from "./unnoticed.ts";

/** How a bash step is traced without noticing it, or why it is not traced. */
export type TracePlan =
  | { readonly descriptors: readonly [number, number]; readonly pipefail: boolean }
  | { readonly off: string };

/**
 * Reads what a step is about to run. Anything that would make the trace visible, in a script or in a file that it sources,
 * switches the trace off: a step's output and behaviour count for more than its trace.
 */
export function tracePlanOf(argv: readonly string[], workDir: string): TracePlan {
  if (process.platform !== "linux") return { off: "only Linux has what a trace needs" };
  for (const name of ["PS4", "SHELLOPTS", "BASH_XTRACEFD", "POSIXLY_CORRECT"])
    if (process.env[name] !== undefined) return { off: `${name} is set in the environment` };
  if (hasFileSizeLimit()) return { off: "the size of files is limited (ulimit -f)" };
  const found = bashScriptOf(argv, workDir);
  if ("off" in found) return found;
  const files = new Map<string, string>();
  const env = process.env.BASH_ENV;
  if (env) {
    if (/[$`\\~]/.test(env)) return { off: "BASH_ENV is not a plain name" };
    if (found.errexit) return { off: "BASH_ENV is set, and the shell is started with -e" };
    const text = scriptText(path.resolve(workDir, env));
    if (text !== null) files.set(path.resolve(workDir, env), text);
  }
  files.set(found.file ?? "", found.text);
  const problem = reasonNotToTrace(files, found.file === null ? workDir : path.dirname(found.file), workDir, argv);
  if (problem !== null) return { off: problem };
  const all = [...files.values()].join("\n");
  const descriptors = unusedDescriptors(all);
  return descriptors ? { descriptors, pipefail: found.pipefail } : { off: "it uses many descriptors" };
}

/** Two descriptors whose numbers appear in no script, low enough for any limit; null if there are no two. */
function unusedDescriptors(text: string): [number, number] | null {
  const free: number[] = [];
  for (let fd = 62; fd > 20 && free.length < 2; fd--) if (!new RegExp(`(?<!\\d)${fd}(?!\\d)`).test(text)) free.push(fd);
  return free.length === 2 ? [free[0]!, free[1]!] : null;
}

function hasFileSizeLimit(): boolean {
  try {
    return !/^Max file size\s+unlimited/m.test(fs.readFileSync("/proc/self/limits", "latin1"));
  } catch {
    return true;
  }
}
