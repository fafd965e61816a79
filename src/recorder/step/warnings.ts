import type { RecordedStep } from "./step.ts";

/** What a person has to know of a step besides its end, a line each. */
export function warningsOf({ stepId, leaks, problems, notes }: RecordedStep): string[] {
  const warnings: string[] = [];
  if (leaks.length > 0) warnings.push(`step ${stepId} left behind what holds its output open: ${leaks.join("; ")}`);
  if (problems.length > 0) warnings.push(`step ${stepId} is not wholly recorded: ${problems.join("; ")}`);
  return [...warnings, ...notes];
}
