import { takeMasks } from "../../files/masked-values.ts";
import { ReadableFiles } from "../../files/readable-files.ts";
import { stepNamed } from "../../files/step-output.ts";
import { shortRunId } from "../../model/ids.ts";
import type { Run } from "../../store/runs.ts";
import type { Store } from "../../store/store.ts";
import type { DiagnosisOptions } from "./diagnosis-options.ts";
import { factsOf, type ListedStep, type Why, why } from "./failed-steps.ts";
import { filesOfMaskingSteps } from "./masking-steps.ts";
import { readableLogs } from "./readable-logs.ts";
import { type Cause, causeOf, diagnoseStep, type LastLine, lastLineOf, type StepDiagnosis } from "./step-diagnosis.ts";

/**
 * What `why` shows, by the names that its JSON has: docs/run-document.md describes them. Whatever is not known is null, or
 * empty. The fields of StepDiagnosis are about the step in `step`; all of them are null if no step failed.
 */
export interface Diagnosis extends Nullable<StepDiagnosis> {
  /** Of this shape: it grows when a field changes its meaning or goes, not when one is added. */
  readonly format: 1;
  readonly run: {
    readonly run_id: string;
    readonly short_id: string;
    readonly suite: string | null;
    readonly started_at: string;
    readonly status: string;
    readonly exit_code: number | null;
    /** Of the repository when the run began; null if it was in none. */
    readonly commit: string | null;
    /** Whether there were uncommitted changes; null if that is not known. */
    readonly dirty: boolean | null;
  };
  /** One sentence; all there is if no step failed. */
  readonly summary: string;
  readonly also_failed: readonly AlsoFailed[];
  readonly skipped: readonly {
    readonly step_num: number;
    readonly step_name: string;
    readonly reason: string | null;
  }[];
  readonly not_run: readonly { readonly step_num: number; readonly step_name: string }[];
  readonly notes: readonly { readonly step_num: number | null; readonly text: string }[];
  readonly artifacts: readonly { readonly kind: string; readonly path: string }[];
  /** Something was left out because of --max-bytes. */
  readonly cut: boolean;
}

type Nullable<T> = { readonly [Key in keyof T]: T[Key] | null };

/** A further step that did not pass. The first few have the place and the error; with `all`, every one has everything. */
export interface AlsoFailed extends Cause {
  readonly step_num: number;
  readonly step_name: string;
  readonly status: string;
  readonly exit_code: number | null;
  /** Only with `all`. */
  readonly full?: StepDiagnosis;
}

/** From the end of each log of a step that has masked something, anywhere in it. */
const MASKING_BYTES = 8 << 20;
/** Further steps that are explained, not only named: more do not fit a screen. */
const EXPLAINED = 8;

/** All that is known about why a run did not pass. Throws NO_RUN, and NO_STEP for a step that the run does not have. */
export function diagnose(store: Store, selector: string, options: DiagnosisOptions): Diagnosis {
  const { step: wanted } = options;
  const found = why(store, selector, wanted === undefined ? undefined : (store, run) => stepNamed(store, run, wanted));
  const { run, tags } = found;
  learnMasks(store, run, options);
  return {
    format: 1,
    run: {
      run_id: run.run_id,
      short_id: shortRunId(run.run_id),
      suite: run.suite,
      started_at: run.started_at,
      status: found.status,
      exit_code: run.exit_code,
      commit: tags.get("git.commit") ?? null,
      dirty: tags.has("git.dirty") ? tags.get("git.dirty") === "true" : null,
    },
    summary: found.sentence,
    ...(found.step ? diagnoseStep(store, found, found.step, options) : NOTHING_FAILED),
    ...(found.interruptedAfter && { last_line: lastLineBefore(store, found, options) }),
    also_failed: found.others.map((other, i) => alsoFailed(store, found, other, i, options)),
    skipped: found.skipped.map(({ step, reason }) => ({
      step_num: step.step_num,
      step_name: step.step_name,
      reason,
    })),
    not_run: found.notRun.map(({ step_num, step_name }) => ({ step_num, step_name })),
    notes: found.notes.map(({ step_num, text }) => ({ step_num, text })),
    artifacts: found.artifacts,
    cut: false,
  };
}

/** Makes the redactor take out what the run's steps have masked. */
export function learnMasks(store: Store, run: Run, options: DiagnosisOptions): void {
  takeMasks(options.redactor, store.path, run.run_id);
  for (const paths of filesOfMaskingSteps(store, run.run_id)) {
    const files = new ReadableFiles(store, run, options);
    for (const stored of [paths.stdout, paths.stderr]) {
      options.redactor.learn(files.logEnd(stored, MASKING_BYTES).lines.join("\n"));
    }
  }
}

const NOTHING_FAILED: Nullable<StepDiagnosis> = {
  step: null,
  failed_at: null,
  first_error: null,
  last_line: null,
  stderr: null,
  stdout: null,
  since: null,
  reproduce: null,
  advice: null,
};

function lastLineBefore(store: Store, { run, interruptedAfter }: Why, options: DiagnosisOptions): LastLine | null {
  return interruptedAfter && lastLineOf(store, run, interruptedAfter, options);
}

function alsoFailed(
  store: Store,
  found: Why,
  { step, status }: ListedStep,
  index: number,
  options: DiagnosisOptions,
): AlsoFailed {
  const { run } = found;
  const named = { step_num: step.step_num, step_name: step.step_name, status, exit_code: step.exit_code };
  if (options.all) {
    const full = diagnoseStep(store, found, factsOf(store, run, { step, status }), options);
    return { ...named, failed_at: full.failed_at, first_error: full.first_error, full };
  }
  if (index >= EXPLAINED) return { ...named, failed_at: null, first_error: null };
  const files = new ReadableFiles(store, run, options);
  const failed = factsOf(store, run, { step, status });
  return { ...named, ...causeOf(files, failed, run.root_dir, readableLogs(files, failed.files, options.redactor)) };
}
