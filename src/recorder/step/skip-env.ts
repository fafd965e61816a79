import type { StepOptions } from "../../model/step.ts";

/** For `scenariolog skip` inside the step, and for the calls of `exec` there. Nothing if no code was chosen. */
export function skipEnv({ skipCode }: Pick<StepOptions, "skipCode">): Record<string, string> {
  return skipCode === undefined || skipCode === null ? {} : { SCENARIOLOG_SKIP_CODE: String(skipCode) };
}
