import { durationChange, isUnusual } from "./durations.ts";
import type { StepHistory } from "./step-history.ts";

export type Mark =
  | "new failure"
  | "still failing"
  | "fixed"
  | "failing"
  | "new step"
  | "gone"
  | "not reached"
  | "skipped"
  | "interrupted"
  | "regression"
  | "slower"
  | "faster";

/** The failures in a row that a step's history ends with. */
export interface FailingSince {
  readonly runs: number;
  /** The first of them. */
  readonly firstFailed: string;
  /** The run before it that passed; null if there is none. */
  readonly lastPassed: string | null;
}

/** Null if the last outcome is a pass, or there is none. */
export function failingSince({ outcomes }: Pick<StepHistory, "outcomes">): FailingSince | null {
  if (outcomes.at(-1)?.passed !== false) return null;
  const lastPass = outcomes.findLastIndex(({ passed }) => passed);
  return {
    runs: outcomes.length - 1 - lastPass,
    firstFailed: outcomes[lastPass + 1]!.runId,
    lastPassed: outcomes[lastPass]?.runId ?? null,
  };
}

/** What the newest run says about a step, besides whether it is flaky. */
export function marksOf(history: StepHistory): Mark[] {
  const { events, outcomes, passingMs } = history;
  const now = events.at(-1)!;
  const isNew = events.length > 1 && events.slice(0, -1).every((event) => event === "absent");
  const newness: Mark[] = isNew ? ["new step"] : [];
  if (now === "absent") return ["gone"];
  if (now === "not run") return ["not reached"];
  if (now === "skipped" || now === "interrupted") return [...newness, now];
  const before = outcomes.at(-2);
  if (now === "failed") {
    if (before === undefined) return [...newness, "failing"];
    return [before.passed ? "new failure" : "still failing"];
  }
  const change = durationChange(passingMs.map(({ ms }) => ms));
  const unusual = isUnusual(
    passingMs.at(-1)!.ms,
    passingMs.slice(0, -1).map(({ ms }) => ms),
  );
  const time: Mark[] = [];
  if (change !== null) time.push(change.direction === "slower" ? "regression" : "faster");
  else if (unusual === "slower" || unusual === "faster") time.push(unusual);
  return [...newness, ...(before !== undefined && !before.passed ? (["fixed"] as const) : []), ...time];
}

/** Marks that `history --check` fails for. */
export const FAILING_MARKS: ReadonlySet<Mark> = new Set(["new failure", "regression"]);
