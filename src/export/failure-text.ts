import type { DocumentFrame, DocumentPlace, DocumentStep } from "../report/document/run-document.ts";

/** The frame that a person looks at first: the line of the step's own script that led to the failure. */
export function ownFrame(place: DocumentPlace): DocumentFrame {
  const outermost = place.callers.at(-1);
  if (outermost) return outermost;
  if (place.guard) return { ...place, line: place.guard.line, command: place.guard.text };
  return place;
}

/** `checks/04.sh:6`; "" if no file is known. */
export function placeText({ file, line }: Pick<DocumentFrame, "file" | "line">): string {
  return file === null ? "" : line === null ? file : `${file}:${line}`;
}

/** One line that says how a step failed: the first error if there is one, else what its end means. */
export function failureMessage(step: DocumentStep): string {
  const place = step.failed_at && ownFrame(step.failed_at);
  const where = place ? [placeText(place), place.command?.split("\n")[0]].filter(Boolean).join("  ") : "";
  const what = step.first_error?.text.trim() || step.meaning || step.status;
  return where === "" ? what : `${what} (${where})`;
}

/** `exit 3`, `timeout`, `signal 9`: few kinds, for a program that groups failures. */
export function failureType({ status, reason, exit_code: code, tags }: DocumentStep): string {
  const signal = tags["exit.signal"];
  if (reason === "timeout" || reason === "leak") return reason;
  if (signal !== undefined) return signal;
  return code === null ? status : `exit-${code}`;
}

/** Where it failed and how it came there, a line each: the failing line, its source, its callers. */
export function placeLines(place: DocumentPlace | null): string[] {
  if (place === null) return [];
  const frame = (one: DocumentFrame) =>
    [placeText(one), one.function && `in ${one.function}()`, one.command].filter(Boolean).join("  ");
  const width = String(place.source.at(-1)?.num ?? 0).length;
  return [
    ...place.callers.toReversed().map(frame),
    frame(place),
    ...place.source.map(({ num, text }) => `${num === place.line ? ">" : " "} ${String(num).padStart(width)}  ${text}`),
  ];
}
