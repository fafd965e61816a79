import { closeDescriptor } from "../sys/pipes.ts";
import type { Witness } from "./child.ts";
import { locate } from "./locate.ts";
import { kill } from "./process-tree.ts";
import { hasSignal, signalSet } from "./processes.ts";
import type { Reaper } from "./reaper.ts";
import { spawnHelper } from "./spawn-helper.ts";

/**
 * A process of our group that blocks every signal: one that was sent to the whole group stays pending there, one that
 * was sent to us alone does not. The kernel would tell by a signal's siginfo, but Bun does not hand it out. It is a
 * `cat` on a pipe of ours, so that it ends with us, however we end. Null where there is no `cat`.
 */
export function startWitness(reaper: Reaper): Witness | null {
  const cat = locate("cat", "/", process.env.PATH);
  if (typeof cat !== "string") return null;
  const helper = spawnHelper(cat, ["cat"], { blockSignals: true });
  if (helper === null) return null;
  const { pid, stdin } = helper;
  reaper.others.add(pid);
  const seen = new Set<string>();
  return {
    saw(signal) {
      // Pending once: a second one of the same kind cannot be told from the first.
      if (seen.has(signal)) return true;
      const saw = hasSignal(signalSet(pid, "ShdPnd"), signal);
      if (saw && signal !== "SIGTSTP") seen.add(signal);
      return saw;
    },
    wake() {
      // Its arrival takes a pending SIGTSTP away, though it is blocked itself.
      if (reaper.others.has(pid)) kill(pid, "SIGCONT");
    },
    stop() {
      closeDescriptor(stdin);
      if (!reaper.others.has(pid)) return; // somebody killed it, and its pid may be another's
      // It may be stopped, and then does not see the end of its input.
      kill(pid, "SIGKILL");
      reaper.waitNow(pid);
    },
  };
}
