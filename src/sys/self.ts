import { core } from "./core.ts";

/** From now on, processes that lose their parent below us become children of ours. */
export function becomeSubreaper(): void {
  const PR_SET_CHILD_SUBREAPER = 36;
  core().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/** From now on our own death leaves no core file. Not a limit of zero: it does not hold for cores that go to a program. */
export function dumpNoCore(): void {
  const PR_SET_DUMPABLE = 4;
  core().prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
