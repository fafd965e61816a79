import { ReadableFiles } from "../../files/readable-files.ts";
import { shortRunId } from "../../model/ids.ts";
import { type Artifact, artifactsOf } from "../../store/artifacts.ts";
import type { Attempt } from "../../store/attempts.ts";
import { endingsOf } from "../../store/endings.ts";
import { stepsOf } from "../../store/steps.ts";
import type { Store } from "../../store/store.ts";
import { attemptsOfRun, commandCounts, commandsOfRun, type RunCommand, tagsOfAllSteps } from "../../store/whole-run.ts";
import { type CountedRun, countedRuns, statusesOf } from "../statuses.ts";
import { learnMasks } from "../why/diagnosis.ts";
import type { DiagnosisOptions } from "../why/diagnosis-options.ts";
import { why } from "../why/failed-steps.ts";
import { documentArtifact, notRunStep, type StepRows, stepOf, type WholeRun } from "./document-step.ts";
import { type Budget, fillLogs } from "./log-excerpts.ts";
import type { DocumentStep, RunDocument } from "./run-document.ts";

export interface DocumentOptions extends DiagnosisOptions {
  /** Of the logs of all steps together no more is in the document. */
  readonly logBytes?: number;
  /** Of each step no more commands are, its last ones. */
  readonly commandsPerStep?: number;
}

const LOG_BYTES = 2 << 20;
const COMMANDS_PER_STEP = 200;

/** The document of a run: see RunDocument. Throws NO_RUN. */
export function runDocument(store: Store, selector: string, options: DocumentOptions): RunDocument {
  const found = why(store, selector);
  const { run } = found;
  const { redactor } = options;
  learnMasks(store, run, options);
  const whole: WholeRun = { store, run, options, files: new ReadableFiles(store, run, options), compared: 0 };
  const steps = stepsOf(store, run.run_id);
  const statuses = statusesOf(store, run.run_id, steps);
  const endings = endingsOf(store, run.run_id);
  const tags = tagsOfAllSteps(store, run.run_id);
  const artifacts = artifactsOf(store, run.run_id);
  const rows = {
    attempts: byStep<Attempt>(attemptsOfRun(store, run.run_id)),
    commands: byStep<RunCommand>(commandsOfRun(store, run.run_id, options.commandsPerStep ?? COMMANDS_PER_STEP)),
    artifacts: byStep<Artifact>(artifacts),
  };
  const rowsOf = (id: string): Omit<StepRows, "step"> => ({
    status: statuses.get(id)!,
    reason: endings.get(id) ?? null,
    tags: tags.get(id) ?? new Map(),
    attempts: rows.attempts.get(id) ?? [],
    commands: rows.commands.get(id) ?? [],
    artifacts: rows.artifacts.get(id) ?? [],
  });
  const documentSteps = [
    ...steps.map((step) => stepOf(whole, { step, ...rowsOf(step.step_id) })),
    ...found.notRun.map((planned) => notRunStep(planned, redactor)),
  ].sort((a, b) => a.step_num - b.step_num);
  const budget: Budget = { leftBytes: options.logBytes ?? LOG_BYTES, leftOutBytes: 0 };
  const withLogs = fillLogs(whole.files, documentSteps, budget, redactor);
  const [counted] = countedRuns(store, [run]) as [CountedRun];
  const { passed, failed, interrupted, unfinished, skipped, notRun, flaky, total } = counted.counts;
  return {
    format: 1,
    run: {
      run_id: run.run_id,
      short_id: shortRunId(run.run_id),
      suite: run.suite,
      root_dir: run.root_dir,
      status: found.status,
      exit_code: run.exit_code,
      started_at: run.started_at,
      completed_at: run.completed_at,
      duration_ms: run.duration_ms,
      summary: redactor.text(found.sentence),
      counts: { total, passed, failed, interrupted, running: unfinished, skipped, not_run: notRun, flaky },
      tags: Object.fromEntries([...found.tags].map(([key, value]) => [key, redactor.tag(key, value)])),
    },
    steps: withLogs,
    notes: found.notes.map(({ step_num, created_at, text }) => ({ step_num, created_at, text: redactor.text(text) })),
    artifacts: artifacts.filter(({ step_id: id }) => id === null).map(documentArtifact),
    left_out: { log_bytes: budget.leftOutBytes, commands: commandsLeftOut(store, run.run_id, withLogs) },
  };
}

function byStep<Row extends { readonly step_id: string | null }>(rows: readonly Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const own = found.get(row.step_id ?? "");
    if (own) own.push(row);
    else found.set(row.step_id ?? "", [row]);
  }
  return found;
}

function commandsLeftOut(store: Store, runId: string, steps: readonly DocumentStep[]): number {
  const all = [...commandCounts(store, runId).values()].reduce((sum, n) => sum + n, 0);
  return all - steps.reduce((sum, { commands }) => sum + commands.length, 0);
}
