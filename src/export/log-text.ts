import type { DocumentLog } from "../report/document/run-document.ts";

/**
 * A log as text of at most so many characters: its beginning and its end, with a line between them that says what is left out.
 * A quarter of the room goes to the beginning, since the end says why. "" for an empty log or none.
 */
export function logText(log: DocumentLog | null, most: number): string {
  if (log === null) return "";
  if (log.problem !== null) return `(${log.path} ${log.problem})`;
  const lines = [...log.head, ...log.tail];
  const whole = lines.join("\n");
  if (log.left_out_bytes === 0 && whole.length <= most) return whole;
  const head = upTo(log.head, Math.floor(most / 4));
  const rest = log.tail.length > 0 ? log.tail : log.head.slice(head.length);
  const tail = upTo(rest.toReversed(), most - Math.floor(most / 4)).toReversed();
  const shown = [...head, ...tail].join("\n").length;
  const leftOut = log.left_out_bytes + Math.max(0, whole.length - shown);
  return leftOut === 0
    ? whole
    : [...head, `… ${leftOut} bytes are left out; the whole log: ${log.path} …`, ...tail].join("\n");
}

function upTo(lines: readonly string[], most: number): string[] {
  const kept: string[] = [];
  let room = most;
  for (const line of lines) {
    room -= line.length + 1;
    if (room < 0) {
      if (kept.length === 0 && most > 0) kept.push(line.slice(0, most));
      break;
    }
    kept.push(line);
  }
  return kept;
}
