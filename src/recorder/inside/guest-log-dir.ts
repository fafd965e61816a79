import path from "node:path";
import { ScenariologError } from "../../errors.ts";
import { Gate, NO_ALLOWANCE } from "../../files/gate.ts";
import { logDirOf } from "../../files/paths.ts";
import type { Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import { realPathOf } from "../../sys/real-path.ts";

/**
 * Where files go that come into a run from inside one of its steps: `logDir`, within the run's root unless it is absolute.
 * Throws FILE where only the database says what that root is: one that somebody sent names a directory of its sender's
 * choice, and nothing is made there.
 */
export function guestLogDir(store: Store, run: Run, logDir: string): string {
  if (!path.isAbsolute(logDir)) {
    const root = realPathOf(run.root_dir);
    if (root === null || !new Gate(store, run, NO_ALLOWANCE).admits(root)) {
      throw new ScenariologError("FILE", `only the database says that the run's root is ${run.root_dir}`, {
        hint: "nothing is written there; give an absolute --log-dir",
      });
    }
  }
  return logDirOf(run.root_dir, logDir);
}
