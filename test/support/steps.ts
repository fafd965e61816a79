import path from "node:path";
import { program, type Result } from "./program.ts";
import type { Suite } from "./suite.ts";

/** Records step 1, a shell script with the suite's `$DIR`, `$DB` and `$LOGS`. */
export function step(suite: Suite, script: string, flags: readonly string[] = []): Promise<Result> {
  const env = { DIR: suite.dir, DB: suite.db, LOGS: path.join(suite.dir, "logs") };
  return suite.exec(["--step-num", "1", ...flags], ["sh", "-c", script], { env });
}

/** The command line of an exec, for a shell. */
export function execLine(suite: Suite, num: number, script: string): string {
  const words = [...program, "exec", "--db", suite.db, "--run-id", suite.runId, "--root-dir", suite.dir];
  const all = [...words, "--log-dir", "logs", "--name", "step", "--step-num", String(num), "--", "sh", "-c", script];
  return all.map((word) => `'${word}'`).join(" ");
}
