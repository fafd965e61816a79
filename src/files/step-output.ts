import { ScenariologError } from "../errors.ts";
import { STREAMS, type Stream } from "../model/ids.ts";
import { streamArtifactsOf } from "../store/artifacts.ts";
import { attemptDurationOf, lastAttemptOf } from "../store/attempts.ts";
import { logFilesOf } from "../store/log-files.ts";
import { outputMarksOf } from "../store/output-marks.ts";
import { notRunSteps } from "../store/planned-steps.ts";
import { findRun, type Run } from "../store/runs.ts";
import { type Step, stepsOf } from "../store/steps.ts";
import type { Store } from "../store/store.ts";
import { type Allowance, type Found, Gate } from "./gate.ts";
import { decodeMarks, type Marks } from "./timeline.ts";

/** Where a stream of an attempt is, or why it cannot be read: the end of a sentence that begins with its path. */
export type TapeFile = Found | { readonly file: string; readonly problem: string };

/** What an attempt of a step printed. */
export interface Tape {
  readonly step: Step;
  /** From 1; 0 in a file of the Go build's, which keeps none. */
  readonly attempt: number;
  /** Null when the attempt has no end. */
  readonly durationMs: number | null;
  /** Null where nothing is recorded of a stream. */
  readonly files: Readonly<Record<Stream, TapeFile | null>>;
  /** Null when it is not known what came when. */
  readonly marks: Marks | null;
}

export interface TapeQuery extends Allowance {
  /** See findRun. */
  readonly run: string;
  /** A number, a name, or the beginning of exactly one name. */
  readonly step: string;
  /** The last one when absent. */
  readonly attempt?: number;
}

/** Throws NO_RUN, and NO_STEP when there is no such step or attempt, or more than one step may be meant. */
export function findTape(store: Store, query: TapeQuery): Tape {
  const run = findRun(store, query.run);
  const step = stepNamed(store, run, query.step);
  const last = store.hasTable("attempts") ? lastAttemptOf(store, step.step_id) : 0;
  const attempt = query.attempt ?? last;
  if (query.attempt !== undefined && (attempt < 1 || attempt > Math.max(1, last))) {
    throw new ScenariologError("NO_STEP", `step ${step.step_num} ${step.step_name} has no attempt ${attempt}`, {
      hint: `it has ${Math.max(1, last)}`,
    });
  }
  const paths = pathsOf(store, step, attempt);
  const gate = new Gate(store, run, query);
  const fileOf = (stream: Stream): TapeFile | null => {
    const path = paths.get(stream);
    if (path === undefined) return null;
    const found = gate.find(path);
    return "problem" in found ? { file: found.file, problem: found.reason } : found;
  };
  const files = { stdout: fileOf("stdout"), stderr: fileOf("stderr") };
  const durationMs =
    attempt === last || last === 0 ? step.duration_ms : attemptDurationOf(store, step.step_id, attempt);
  return { step, attempt, durationMs, files, marks: marksOf(store, step, attempt, files) };
}

/** A number, a name, or the beginning of exactly one name. Throws NO_STEP. */
export function stepNamed(store: Store, run: Run, wanted: string): Step {
  const steps = stepsOf(store, run.run_id);
  const byNumber = /^\d+$/.test(wanted) ? steps.filter(({ step_num: num }) => num === Number(wanted)) : [];
  const exact = steps.filter(({ step_name: name }) => name === wanted);
  const begins = steps.filter(({ step_name: name }) => name.startsWith(wanted));
  const found = [byNumber, exact, begins].find((some) => some.length > 0) ?? [];
  if (found.length === 1) return found[0]!;
  const names = (some: readonly Step[]) =>
    `${some
      .slice(0, 10)
      .map((step) => `${step.step_num} ${step.step_name}`)
      .join(", ")}${some.length > 10 ? ", …" : ""}`;
  if (found.length > 1) {
    throw new ScenariologError("NO_STEP", `more than one step is, or begins with, ${JSON.stringify(wanted)}`, {
      hint: `give the number: ${names(found)}`,
    });
  }
  const planned = notRunSteps(store, run.run_id).find(
    ({ step_num: num, step_name: name }) => String(num) === wanted || name === wanted,
  );
  if (planned) throw new ScenariologError("NO_STEP", `step ${planned.step_num} ${planned.step_name} was not run`);
  throw new ScenariologError("NO_STEP", `no step ${JSON.stringify(wanted)} in run ${run.run_id}`, {
    hint: steps.length === 0 ? "the run has no steps" : `it has: ${names(steps)}`,
  });
}

/** By stream. A log is known from its beginning; one of the Go build's only as an artifact, of which the newest counts. */
function pathsOf(store: Store, step: Step, attempt: number): Map<Stream, string> {
  const artifacts = streamArtifactsOf(store, step);
  const logs = store.hasTable("log_files") ? logFilesOf(store, step.step_id, attempt) : [];
  const paths = new Map<Stream, string>();
  for (const stream of STREAMS) {
    const log = logs.find(({ kind }) => kind === stream);
    const artifact = log
      ? artifacts.find(({ artifact_id: id }) => id === log.artifact_id)
      : logs.length === 0 && attempt <= 1
        ? artifacts.findLast(({ kind }) => kind === stream)
        : undefined;
    const path = artifact?.path ?? log?.file;
    if (path !== undefined) paths.set(stream, String(path));
  }
  return paths;
}

/** Marks that are not those of the bytes in the files say nothing. */
function marksOf(store: Store, step: Step, attempt: number, files: Tape["files"]): Marks | null {
  const encoded = outputMarksOf(store, step.step_id, attempt);
  const marks = encoded && decodeMarks(encoded);
  if (!marks) return null;
  const sizes = { stdout: 0, stderr: 0 };
  for (const { stream, bytes } of marks.marks) sizes[stream] += bytes;
  const fit = STREAMS.every((stream) => {
    const file = files[stream];
    return file === null ? sizes[stream] === 0 : "problem" in file || file.sizeBytes === sizes[stream];
  });
  return fit ? marks : null;
}
