import path from "node:path";
import { usageError } from "../../errors.ts";
import type { PlannedStep } from "./plan.ts";

/** Which steps of a plan are run. A pattern is a number, a name, a file's name, or a glob for a name or a file's name. */
export interface Selection {
  /** The first step to run; undefined is the plan's first. */
  readonly from: string | undefined;
  /** Empty is all. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
  /** Steps to run again: these only, or all from the first of them on. Absent: whatever the steps came to before. */
  readonly again?: { readonly isDue: (step: PlannedStep) => boolean; readonly on: boolean };
}

/**
 * Empty if `again` finds nothing to run. Throws USAGE for a pattern that means no step, and if the patterns leave none.
 */
export function selected(steps: readonly PlannedStep[], { from, only, skip, again }: Selection): PlannedStep[] {
  const first = from === undefined ? 0 : steps.indexOf(matching(steps, "from", from)[0]!);
  const wanted = only.flatMap((pattern) => matching(steps, "only", pattern));
  const unwanted = skip.flatMap((pattern) => matching(steps, "skip", pattern));
  const left = steps.filter(
    (step, i) => i >= first && (only.length === 0 || wanted.includes(step)) && !unwanted.includes(step),
  );
  if (left.length === 0) throw usageError("--from, --only and --skip together leave no step", listOf(steps));
  if (again === undefined) return left;
  const due = left.filter(again.isDue);
  return again.on && due.length > 0 ? left.slice(left.indexOf(due[0]!)) : due;
}

function matching(steps: readonly PlannedStep[], flag: string, pattern: string): PlannedStep[] {
  const found = steps.filter((step) => matches(step, pattern));
  if (found.length > 0) return found;
  throw usageError(`--${flag} ${JSON.stringify(pattern)} matches no step`, listOf(steps));
}

function matches({ num, name, script }: PlannedStep, pattern: string): boolean {
  if (/^\d+$/.test(pattern) && Number(pattern) === num) return true;
  const names = [name, path.basename(script), script];
  if (names.includes(pattern)) return true;
  const glob = new Bun.Glob(pattern);
  return names.some((text) => glob.match(text));
}

function listOf(steps: readonly PlannedStep[]): string {
  return `the steps are: ${steps.map(({ num, name }) => `${num} ${name}`).join(", ")}`;
}
