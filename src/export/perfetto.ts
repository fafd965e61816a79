import { stepTitle } from "../model/step-title.ts";
import type { DocumentStep, RunDocument } from "../report/document/run-document.ts";

/** An event of the JSON trace format that Chrome and Perfetto read: times are in µs. */
type Event = Readonly<Record<string, unknown>>;

const PID = 1;

interface Part {
  readonly name: string;
  readonly cat: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly args: object;
}

/**
 * A run as a trace for https://ui.perfetto.dev and chrome://tracing: a lane for each step that ran beside another, attempts with
 * an arrow from each to the next, the commands of a step inside it, notes as instants. Times count from the start of the run,
 * which `metadata` has; a step without an end reaches to the last moment that is known.
 */
export function perfetto(document: RunDocument): string {
  const { run, steps } = document;
  const started = steps.filter((step) => step.offset_ms !== null);
  const lastMs = Math.max(run.duration_ms ?? 0, 0, ...started.map(endOf));
  const lanes = lanesOf(started, lastMs);
  const events: Event[] = [
    { ph: "M", name: "process_name", pid: PID, tid: 0, args: { name: `${run.suite ?? "run"} ${run.short_id}` } },
    ...[...new Set(lanes.values())]
      .sort((a, b) => a - b)
      .flatMap((tid) => [
        { ph: "M", name: "thread_name", pid: PID, tid, args: { name: tid === 1 ? "steps" : `steps, lane ${tid}` } },
        { ph: "M", name: "thread_sort_index", pid: PID, tid, args: { sort_index: tid } },
      ]),
    ...started.flatMap((step) => stepEvents(step, lanes.get(step)!, lastMs)),
    ...document.notes.map((note) => ({
      ...{ ph: "i", s: "p", name: note.text, cat: "note", pid: PID, tid: 0 },
      ts: Math.max(0, Date.parse(note.created_at) - Date.parse(run.started_at)) * 1000,
    })),
  ];
  const metadata = {
    run_id: run.run_id,
    suite: run.suite,
    started_at: run.started_at,
    status: run.status,
    ...run.tags,
  };
  return `${JSON.stringify({ traceEvents: events, displayTimeUnit: "ms", metadata }, null, 1)}\n`;
}

function endOf({ offset_ms: offset, duration_ms: duration }: DocumentStep): number {
  return (offset ?? 0) + (duration ?? 0);
}

/** The lowest lane that is free when a step starts: 1 for a suite that runs one step after the other. */
function lanesOf(steps: readonly DocumentStep[], lastMs: number): Map<DocumentStep, number> {
  const freeAt: number[] = [];
  const lanes = new Map<DocumentStep, number>();
  for (const step of [...steps].sort((a, b) => a.offset_ms! - b.offset_ms!)) {
    // Whole ms are rounded down: a step may seem to start in the last one of the step before.
    const free = freeAt.findIndex((ms) => ms <= step.offset_ms! + 1);
    const lane = free < 0 ? freeAt.length : free;
    freeAt[lane] = step.duration_ms === null ? lastMs : endOf(step);
    lanes.set(step, lane + 1);
  }
  return lanes;
}

function stepEvents(step: DocumentStep, tid: number, lastMs: number): Event[] {
  const name = stepTitle(step.step_num, step.step_name);
  const from = step.attempts[0]?.offset_ms ?? step.offset_ms!;
  const to = step.duration_ms === null ? lastMs : endOf(step);
  const slice = (part: Part): Event => {
    // What lies in a step is drawn in it: it must not begin before the step or end after it.
    const start = Math.min(Math.max(part.fromMs, from), to);
    const end = Math.min(Math.max(part.toMs, start), to);
    return {
      ph: "X",
      name: part.name,
      cat: part.cat,
      pid: PID,
      tid,
      ts: start * 1000,
      dur: (end - start) * 1000,
      args: part.args,
    };
  };
  const { status, exit_code, reason, script_path: script } = step;
  const open = step.duration_ms === null ? { open: true } : {};
  const attempts = step.attempts.length > 1 ? step.attempts : [];
  return [
    slice({ name, cat: "step", fromMs: from, toMs: to, args: { status, exit_code, reason, script, ...open } }),
    ...attempts.map((attempt) =>
      slice({
        name: `attempt ${attempt.attempt}`,
        cat: "attempt",
        fromMs: attempt.offset_ms ?? from,
        toMs: (attempt.offset_ms ?? from) + (attempt.duration_ms ?? 0),
        args: { exit_code: attempt.exit_code, reason: attempt.reason },
      }),
    ),
    ...attempts.slice(1).flatMap((attempt, i) => {
      const before = attempts[i]!;
      const arrow = { name: "retry", cat: "retry", id: `${step.step_id} ${attempt.attempt}`, pid: PID, tid };
      const start = Math.max(from, (before.offset_ms ?? from) + (before.duration_ms ?? 0));
      return [
        { ...arrow, ph: "s", ts: Math.max(from, start - 0.001) * 1000 },
        { ...arrow, ph: "f", bp: "e", ts: Math.min(attempt.offset_ms ?? from, to) * 1000 },
      ];
    }),
    ...nested(step, slice),
  ];
}

function nested(step: DocumentStep, slice: (part: Part) => Event): Event[] {
  const timed = step.commands.filter(
    ({ offset_ms: offset, duration_ms: duration }) => offset !== null && duration !== null,
  );
  return timed.map((command) =>
    slice({
      name: command.text.split("\n")[0]!.slice(0, 200),
      cat: "command",
      fromMs: command.offset_ms!,
      toMs: command.offset_ms! + command.duration_ms!,
      args: { file: command.file, line: command.line, exit_code: command.exit_code },
    }),
  );
}
