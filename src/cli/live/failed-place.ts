import { tailOf } from "../../files/tail.ts";
import type { FailingPlace } from "../../model/failing-place.ts";
import type { StepEnd } from "../../model/progress.ts";
import type { Redactor } from "../../model/redact/redactor.ts";
import { screenLine } from "../../model/screen-line.ts";
import { fit } from "../../render/plain-text.ts";
import { visible } from "../../render/text.ts";
import { isLibraryFile, printedFailures } from "../../report/why/printed/printed-failures.ts";

/** The end of each log in which a printed place is looked for: the console does not wait for more. */
const TAIL_LINES = 200;
const TAIL_BYTES = 65_536;
/** A shorter rest of a command says nothing. */
const LEAST_COMMAND_COLUMNS = 8;

/**
 * Where a step failed: what its trace says, else the first place of a person's own file that its output names, stderr
 * before stdout. Null if neither says.
 */
export function failedPlaceOf(end: StepEnd, redactor?: Redactor): FailingPlace | null {
  if (end.failedAt) return end.failedAt;
  return printedPlace(end.stderrFile, redactor) ?? printedPlace(end.stdoutFile, redactor);
}

/**
 * `  checks/04-totals.sh:6  assert_eq 45 42`, in at most so many columns if the place itself fits; "" for no place. The
 * command is cut with `…`, the place never, since an editor opens it.
 */
export function placeText(place: FailingPlace | null, columns: number): string {
  if (place === null) return "";
  const line = place.line === null ? "" : `:${place.line}`;
  const where = place.file === null ? "" : `  ${visible(place.file)}${line}`;
  const left = columns - Bun.stringWidth(where) - 2;
  const command = place.command === null ? "" : oneLine(place.command);
  return command === "" || left < LEAST_COMMAND_COLUMNS ? where : `${where}  ${fit(command, left)}`;
}

function printedPlace(file: string | null, redactor?: Redactor): FailingPlace | null {
  const tail = file === null ? null : tailOf(file, TAIL_LINES, TAIL_BYTES);
  if (tail === null) return null;
  const lines = tail.text.split("\n").map(screenLine);
  redactor?.tail(lines);
  for (const { frames, message } of printedFailures(lines)) {
    const frame = frames.find((one) => !isLibraryFile(one.file)) ?? frames[0];
    if (frame) return { file: frame.file, line: frame.line, command: message };
  }
  return null;
}

/** The first line of a command, with a mark if there are more. */
function oneLine(command: string): string {
  const [first = "", ...more] = command.trim().split("\n");
  return visible(more.length > 0 ? `${first.trimEnd()} …` : first);
}
