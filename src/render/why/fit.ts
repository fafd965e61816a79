import type { Diagnosis } from "../../report/why/diagnosis.ts";
import { relevantPart } from "../../report/why/relevant-part.ts";
import type { Tail } from "../../report/why/step-diagnosis.ts";

/** Characters of a line that are shown. */
const LINE = 300;

/**
 * The diagnosis as `render` prints it, cut until it takes at most `maxBytes`: first the tails of the logs, then what is new,
 * then the lists, then the rest. Infinity cuts overlong lines only.
 */
export function fitted(diagnosis: Diagnosis, maxBytes: number, render: (diagnosis: Diagnosis) => string): string {
  let current = clipped(diagnosis, LINE);
  let text = render(current);
  for (const cut of CUTS) {
    if (Buffer.byteLength(text) <= maxBytes) break;
    current = { ...cut(current), cut: true };
    text = render(current);
  }
  return text;
}

type Cut = (diagnosis: Diagnosis) => Diagnosis;

const stdoutTo =
  (lines: number): Cut =>
  (d) => ({ ...d, stdout: shortened(d.stdout, lines) });
const stderrTo =
  (lines: number): Cut =>
  (d) => ({ ...d, stderr: shortened(d.stderr, lines) });
const newTo =
  (lines: number): Cut =>
  (d) => ({ ...d, since: d.since && { ...d.since, new_lines: d.since.new_lines?.slice(0, lines) ?? null } });
/** The further steps stay, and what is known about each is reduced to this. */
const othersTo =
  (kept: (other: Diagnosis["also_failed"][number]) => object): Cut =>
  (d) => ({
    ...d,
    also_failed: d.also_failed.map((other) => {
      const { step_num, step_name, status, exit_code } = other;
      return { step_num, step_name, status, exit_code, failed_at: null, first_error: null, ...kept(other) };
    }),
  });
const listsTo =
  (rows: number): Cut =>
  (d) => ({
    ...d,
    artifacts: d.artifacts.slice(0, rows),
    notes: d.notes.slice(0, rows),
    also_failed: d.also_failed.slice(0, rows),
    skipped: d.skipped.slice(0, rows),
    not_run: d.not_run.slice(0, rows),
  });

const CUTS: readonly Cut[] = [
  othersTo(({ failed_at, first_error }) => ({ failed_at, first_error })),
  ...[8, 3].flatMap((lines) => [stdoutTo(lines), stderrTo(lines)]),
  stdoutTo(0),
  newTo(3),
  othersTo(() => ({})),
  listsTo(5),
  (d) => clipped(d, 120),
  stderrTo(0),
  newTo(0),
  listsTo(0),
  (d) => ({ ...d, advice: null, failed_at: d.failed_at && { ...d.failed_at, source: [], callers: [] } }),
  (d) => ({ ...d, reproduce: null }),
  (d) => ({ ...d, since: null, stdout: null, stderr: null }),
  (d) => clipped(d, 60),
  (d) => ({ ...d, failed_at: null }),
  (d) => clipped(d, 30),
];

function shortened(tail: Tail | null, lines: number): Tail | null {
  if (tail === null || tail.lines.length <= lines) return tail;
  return { ...tail, lines: lines === 0 ? [] : tail.lines.slice(-lines), more: true };
}

/** With every text in it at most so long; a command to reproduce a step is whole or it is not there. */
function clipped(diagnosis: Diagnosis, length: number): Diagnosis {
  const clip = (value: unknown): unknown => {
    if (typeof value === "string") return relevantPart(value, length);
    if (Array.isArray(value)) return value.map(clip);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [key, key === "reproduce" ? item : clip(item)]));
  };
  return clip(diagnosis) as Diagnosis;
}
