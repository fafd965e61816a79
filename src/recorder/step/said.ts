import { tailOf } from "../../files/tail.ts";
import type { StepSpec } from "../../model/step.ts";
import type { Said } from "../rows/outcome.ts";
import type { StepLogs } from "./logs.ts";
import type { StepRecorder } from "./step-recorder.ts";

/** The tag that `scenariolog skip` sets on its step. */
export const SKIP_TAG = "skip.reason";
const LONGEST_REASON = 200;
const READ_BYTES = 4096;

/** What an attempt that has ended told about being skipped; nothing is looked for before somebody asks. */
export function saidBy(recorder: StepRecorder, { stdout, stderr }: StepLogs, { redactor }: StepSpec): Said {
  return {
    asked: () => recorder.tag(SKIP_TAG),
    lastLine: () => {
      const line = lastLineOf(stderr.path) ?? lastLineOf(stdout.path);
      return line === null ? null : (redactor?.text(line) ?? line);
    },
  };
}

function lastLineOf(file: string): string | null {
  const tail = tailOf(file, 1, READ_BYTES);
  const line = Bun.stripANSI(tail?.text ?? "").trim();
  return line === "" ? null : line.slice(0, LONGEST_REASON).toWellFormed();
}
