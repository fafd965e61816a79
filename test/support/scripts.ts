import { program, type Result } from "./program.ts";
import type { Suite } from "./suite.ts";

/** Text for bash in which `scenariolog` is the program under test, also in pipelines and in the background. */
export const shim = `scenariolog() { ${program.map((word) => `'${word}'`).join(" ")} "$@"; }\n`;

/** Records a bash script that calls `scenariolog` and has the suite's `$DIR` and `$DB`. */
export function script(
  suite: Suite,
  text: string,
  flags: readonly string[] = ["--step-num", "1"],
  env: Readonly<Record<string, string>> = {},
): Promise<Result> {
  return suite.exec(flags, ["bash", "-c", shim + text], { env: { DIR: suite.dir, DB: suite.db, ...env } });
}
