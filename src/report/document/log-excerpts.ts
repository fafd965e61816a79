import type { ReadableFiles } from "../../files/readable-files.ts";
import { KeyState, type Redactor } from "../../model/redact/redactor.ts";
import { screenLine } from "../../model/screen-line.ts";
import type { DocumentLog, DocumentStep } from "./run-document.ts";

/** How many bytes of logs a document may still take, and how many it has left out. */
export interface Budget {
  leftBytes: number;
  leftOutBytes: number;
}

/** The most bytes of one log, from its beginning and its end: the end says why a step failed. */
const FAILED = { head: 8 << 10, tail: 56 << 10 };
const OTHERS = { head: 1 << 10, tail: 3 << 10 };

/** The steps with excerpts of their logs. Failed steps come first, then the interrupted ones, then the others, by number. */
export function fillLogs(
  files: ReadableFiles,
  steps: readonly DocumentStep[],
  budget: Budget,
  redactor: Redactor,
): DocumentStep[] {
  const order = ["failed", "interrupted"];
  const rankOf = ({ status }: DocumentStep) => (order.includes(status) ? order.indexOf(status) : order.length);
  const filled = new Map<DocumentStep, DocumentStep>();
  for (const step of [...steps].sort((a, b) => rankOf(a) - rankOf(b))) {
    const most = rankOf(step) < order.length ? FAILED : OTHERS;
    const stderr = step.stderr && excerpt(files, step.stderr, most, budget, redactor);
    const stdout = step.stdout && excerpt(files, step.stdout, most, budget, redactor);
    filled.set(step, { ...step, stdout, stderr });
  }
  return steps.map((step) => filled.get(step)!);
}

function excerpt(
  files: ReadableFiles,
  log: DocumentLog,
  most: { readonly head: number; readonly tail: number },
  budget: Budget,
  redactor: Redactor,
): DocumentLog {
  if (log.size_bytes === 0) return log;
  const tailBytes = Math.min(most.tail, budget.leftBytes);
  const headBytes = Math.min(most.head, budget.leftBytes - tailBytes);
  const found = files.logExcerpt(log.path, headBytes, tailBytes);
  // What was asked for counts, although half a line at the cut is not shown: nobody is helped by the few bytes that remain.
  budget.leftBytes -= found.leftOutBytes > 0 ? headBytes + tailBytes : (found.sizeBytes ?? 0);
  budget.leftOutBytes += found.leftOutBytes;
  const [head, tail] = [[...found.head], [...found.tail]];
  redactor.lines(head, new KeyState());
  if (tail.length > 0) redactor.tail(tail);
  return {
    ...log,
    size_bytes: log.size_bytes ?? found.sizeBytes,
    head: head.map(screenLine),
    tail: tail.map(screenLine),
    left_out_bytes: found.leftOutBytes,
    problem: found.problem,
  };
}
