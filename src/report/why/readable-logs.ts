import type { LogEnd, ReadableFiles } from "../../files/readable-files.ts";
import { KeyState, type Redactor } from "../../model/redact/redactor.ts";
import { screenLine } from "../../model/screen-line.ts";
import type { StepFiles } from "../../store/step-files.ts";

/** From the end of each log. */
const READ_BYTES = 128 << 10;

/** The ends of both logs of a step, without secrets, each line as a person sees it on a screen. */
export interface ReadableLogs {
  readonly stderr: LogEnd;
  readonly stdout: LogEnd;
}

/** What one of the logs masks is masked in both, because nobody knows in which order they were written. */
export function readableLogs(
  files: ReadableFiles,
  paths: Pick<StepFiles, "stderr" | "stdout">,
  redactor: Redactor,
): ReadableLogs {
  const stderr = files.logEnd(paths.stderr, READ_BYTES);
  const stdout = files.logEnd(paths.stdout, READ_BYTES);
  for (const { lines } of [stderr, stdout]) redactor.learn(lines.join("\n"));
  return { stderr: shownLog(stderr, redactor), stdout: shownLog(stdout, redactor) };
}

function shownLog(log: LogEnd, redactor: Redactor): LogEnd {
  const lines = [...log.lines];
  if (log.whole) redactor.lines(lines, new KeyState());
  else redactor.tail(lines);
  return { ...log, lines: lines.map(screenLine) };
}
