import type { StepOptions } from "../../model/step.ts";

/** For verbs of ours inside the step, which keep files and rows of their own. */
export function redactionEnv({
  redactor,
  redactLogs,
}: Pick<StepOptions, "redactor" | "redactLogs">): Record<string, string> {
  const patterns = redactor?.patterns ?? [];
  return {
    ...(patterns.length > 0 && { SCENARIOLOG_REDACT: patterns.join("\n") }),
    ...(redactLogs && { SCENARIOLOG_REDACT_LOGS: "1" }),
  };
}
